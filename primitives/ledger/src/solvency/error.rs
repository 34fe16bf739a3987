//! Why a solvency statement does not hold.

/// Why a solvency statement does not hold. Accounts are counted from the first one that the statement opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SolvencyError {
    /// The witness does not have the accounts and nodes of the shape.
    #[error("the witness does not have the accounts and nodes of its shape")]
    Shape,
    /// D-RUN: the first index is not the first of a subtree, or beyond the tree.
    #[error("the first index begins no subtree")]
    First,
    /// D-RUN: the next index is not the one after the subtrees that the statement covers.
    #[error("the next index is not the one after what is covered")]
    Next,
    /// D-RUN: account `.0` is opened beyond the block.
    #[error("account {0} is beyond the block")]
    Beyond(u16),
    /// D-OPENS: the tree holds other leaves than those of subtree `.0`.
    #[error("the tree holds other leaves than those of subtree {0}")]
    Subtree(u16),
    /// D-OPENS: branch `.0`, a node over eight subtrees, is not the block's.
    #[error("branch {0} is not the one in the block")]
    Branch(u16),
    /// D-OPENS: the path does not hold the first branch.
    #[error("the path does not hold the first branch")]
    Path,
    /// D-OPENS: the path leads to another root.
    #[error("the path leads to another root")]
    Root,
    /// D-TABLE: the table is another one, or of another group.
    #[error("the table is not the one that the statement names")]
    Table,
    /// D-RANGE: a position of account `.0` does not fit its width.
    #[error("a position of account {0} does not fit its width")]
    Position(u16),
    /// D-DEBT: the equity of account `.0` does not fit its width.
    #[error("the equity of account {0} does not fit its width")]
    Equity(u16),
    /// D-SHORT: the exposures of account `.0` do not fit their widths, which no table within S-RISK can cause.
    #[error("the exposures of account {0} do not fit their widths")]
    Exposure(u16),
    /// D-SUMS: the sums before are not those of the commitment before.
    #[error("the sums before are not those of the commitment")]
    Before,
    /// D-SUMS: the commitment after is not to the sums before and what was found.
    #[error("the commitment after is not to the sums after")]
    After,
    /// D-SUMS: the sums do not fit their type, which no round over one tree can cause.
    #[error("the sums do not fit")]
    Sums,
    /// D-HOUSE: the position of row `.0` of the house does not fit its width.
    #[error("the position of row {0} of the house does not fit its width")]
    HousePosition(u8),
    /// D-HOUSE: the house's equity does not fit its width.
    #[error("the house's equity does not fit its width")]
    HouseEquity,
    /// D-HOUSE: the house is not the one of the commitment.
    #[error("the house is not the one of the commitment")]
    House,
    /// D-OUTCOME: the numbers shown are not the sums, or the surplus is not what the insurance has beyond the debts.
    #[error("the numbers shown are not those of the round")]
    Outcome,
}
