//! Every bit width, bound and domain tag of the protocol, in one place (specification: `docs/spec/`).
//! Native code, circuit, pallet and tests import them from here and never declare them again.

/// Domain tags of [`crate::poseidon2::sponge`] (P-POSEIDON2).
pub mod domain {
    /// Account leaf, version 1 (S-ACCOUNT).
    pub const LEAF_V1: u32 = 1;
    /// House commitment (S-HOUSE).
    pub const HOUSE: u32 = 2;
    /// Schnorr challenge (P-SCHNORR).
    pub const SIG: u32 = 3;
    /// Keystream of an account (P-STREAM).
    pub const STREAM: u32 = 4;
    /// View-key commitment (P-STREAM).
    pub const VIEW: u32 = 5;
    /// Signed instruction (S-INSTRUCTION).
    pub const INSTRUCTION: u32 = 6;
    /// Risk table (S-RISK).
    pub const RISK: u32 = 7;
    /// Batch statement (B-STATEMENT).
    pub const BATCH: u32 = 8;
    /// Keystream of the house (P-STREAM).
    pub const HOUSE_STREAM: u32 = 9;
    /// Pad of a view key sealed to the sequencers' key (P-SEAL).
    pub const SEAL: u32 = 10;
    /// Tag that authenticates a reader by the view key (P-AUTH).
    pub const AUTH: u32 = 11;
    /// Seal statement (V-STATEMENT).
    pub const SEAL_STATEMENT: u32 = 12;
    /// Values of the final table (X-FINAL).
    pub const FINAL: u32 = 13;
    /// Exit statement (X-STATEMENT).
    pub const EXIT: u32 = 14;
    /// Statement of a house re-key (H-STATEMENT).
    pub const HOUSE_REKEY: u32 = 15;
    /// Solvency statement (D-STATEMENT).
    pub const SOLVENCY: u32 = 16;
    /// Commitment to the sums of a solvency round (D-SUMS).
    pub const SOLVENCY_SUMS: u32 = 17;
    /// A batch's salt with the chain and the group that it is of (P-STREAM).
    pub const STREAM_SALT: u32 = 20;
    /// Signed control of an account's orders (S-CONTROL).
    pub const CONTROL: u32 = 30;
}

/// Version of the batch statement, its first element.
pub const STATEMENT_VERSION: u64 = 4;
/// Version of the seal statement, its first element.
pub const SEAL_STATEMENT_VERSION: u64 = 1;
/// Version of the exit statement, its first element.
pub const EXIT_STATEMENT_VERSION: u64 = 1;
/// Version of the statement of a house re-key, its first element.
pub const HOUSE_REKEY_STATEMENT_VERSION: u64 = 1;
/// Version of the solvency statement, its first element.
pub const SOLVENCY_STATEMENT_VERSION: u64 = 1;
/// Hashed to the curve to find the generator of signatures (P-SCHNORR).
pub const GENERATOR_TAG: &[u8] = b"cloister/jubjub/schnorr/generator/v1";

/// Poseidon2 state width.
pub const POSEIDON2_WIDTH: usize = 8;
/// Sponge rate; the last element is the capacity.
pub const POSEIDON2_RATE: usize = 7;
/// Full rounds before the partial ones, and again after them.
pub const POSEIDON2_HALF_FULL_ROUNDS: usize = 4;
/// Partial rounds.
pub const POSEIDON2_PARTIAL_ROUNDS: usize = 57;

/// Bits of a Schnorr challenge.
pub const CHALLENGE_BITS: usize = 128;
/// Bits of a Jubjub scalar.
pub const SIGNATURE_SCALAR_BITS: usize = 252;

/// Children of a tree node; three bits of an index choose one.
pub const TREE_ARITY: usize = 8;
/// Bits of an index consumed by one level.
pub const TREE_ARITY_BITS: usize = 3;
/// Depth of the account tree.
pub const ACCOUNT_TREE_DEPTH: usize = 8;
/// Bits of an account index.
pub const INDEX_BITS: usize = ACCOUNT_TREE_DEPTH * TREE_ARITY_BITS;
/// Levels of the account tree below a block, the 512 accounts in which a solvency statement stays (D-RUN).
pub const BLOCK_LEVELS: usize = 3;
/// Depth of an account's order tree.
pub const ORDER_TREE_DEPTH: usize = 3;
/// Bits of an order slot number (512 slots).
pub const ORDER_SLOT_BITS: usize = ORDER_TREE_DEPTH * TREE_ARITY_BITS;

/// Number of instruments in a margin group.
pub const INSTRUMENTS: usize = 32;
/// Number of scenarios in a risk table.
pub const SCENARIOS: usize = 16;
/// Bits of a position with its offset; a position is below `2^(POSITION_BITS - 1)` in size.
pub const POSITION_BITS: usize = 41;
/// Positions packed into one field element.
pub const POSITIONS_PER_WORD: usize = 6;
/// Field elements that hold all positions.
pub const POSITION_WORDS: usize = 6;
/// Bits of one instrument's open interest.
pub const OPEN_INTEREST_BITS: usize = 50;
/// Open interests packed into one field element.
pub const OPEN_INTERESTS_PER_WORD: usize = 5;
/// Field elements that hold all open interests.
pub const OPEN_INTEREST_WORDS: usize = 7;
/// Bits between two rows where lots of deleveraging are summed in one field element. A unit sheds at most `2^40` lots
/// of a row and a batch has fewer than `2^16` units, so no sum reaches half of this.
pub const DELEVERAGED_BITS: usize = 58;
/// Rows summed in one field element.
pub const DELEVERAGED_PER_WORD: usize = 4;

/// Bits of an order id and of `min_id`.
pub const ID_BITS: usize = 64;
/// An id is less than `2^ID_WINDOW_BITS` above the account's `min_id` (B-ALIVE).
pub const ID_WINDOW_BITS: usize = 32;
/// Bits of a limit price, a trigger price, a deposit, a withdrawal or a transfer (10^-6 of the settlement asset).
pub const AMOUNT_BITS: usize = 64;
/// Bits of an expiry and of a batch time (milliseconds of Unix time).
pub const TIME_BITS: usize = 48;
/// Bits of an instrument id.
pub const INSTRUMENT_ID_BITS: usize = 32;
/// Bits of a group id.
pub const GROUP_BITS: usize = 32;
/// Bits of a quantity of lots (fill, order quantity, position limit).
pub const QUANTITY_BITS: usize = 40;
/// Bits of the filled amount in an order slot.
pub const FILLED_BITS: usize = 44;
/// Marks an order id as used up.
pub const FILLED_MAX: u64 = (1 << FILLED_BITS) - 1;
/// Bits of the cost of a fill and of a fee.
pub const COST_BITS: usize = 80;
/// Bits of the maximum fee per lot.
pub const MAX_FEE_BITS: usize = 40;
/// Bits of signed cash: it lies in `[-2^79, 2^79)`.
pub const CASH_BITS: usize = 80;
/// Bits of the unsigned fee pool.
pub const FEE_POOL_BITS: usize = 80;
/// Bits of marks, funding, scenario profits, floors and bands in size.
pub const PRICE_BITS: usize = 55;
/// Bits of a margin ratio (a numerator over `2^RATIO_SHIFT`).
pub const RATIO_BITS: usize = 12;
/// Fraction bits of a margin ratio.
pub const RATIO_SHIFT: u32 = 8;
/// Denominator of the fee cap.
pub const FEE_CAP_ONE: u64 = 1_000_000;
/// Bits of the fee cap.
pub const FEE_CAP_BITS: usize = 20;
/// Deficits that bound a forced withdrawal: the initial deficits of all scenarios and, last, the deficit of equity
/// itself (B-FORCED).
pub const FORCED_DEFICITS: usize = SCENARIOS + 1;
/// A deficit above `-2^RATIO_SHIFT` turns positive when one more unit of money (10^-6) is paid (B-FORCED).
pub const FORCED_SLACK: u64 = (1 << RATIO_SHIFT) - 1;
/// Bits in which differences of deficits are compared. No account of the ranges above can exceed them:
/// `2^12 * 2 * (2^5 * 2^40 * 2^55) + 2^8 * (2^80 + 2^100) < 2^114`, and a threshold no more than
/// doubles it.
pub const DEFICIT_BITS: usize = 115;
/// What the prices of an account short of margin concede counts this often against what its unit frees: they may take a
/// quarter of it at most (B-MARGIN, B-LIQUIDATION).
pub const CONCESSION_WEIGHT: u64 = 4;
/// Bits of what the prices of a unit concede, with its sign: each of its 8 places is within its band, so it is below
/// `2^3 * 2^40 * 2^55 = 2^98` in size.
pub const CONCESSION_BITS: usize = 99;
/// Bits in which equity is compared with zero: `2^79 + 2^5 * 2^40 * 2^55 < 2^101`.
pub const EQUITY_BITS: usize = 101;
/// Bits in which two exposures of one account are compared: the floor is in both, and a loss is below
/// `2^5 * 2^40 * 2^55 = 2^100` in size.
pub const EXPOSURE_BITS: usize = 101;

/// Bits of the instruction kind.
pub const KIND_BITS: usize = 3;
/// Bits of the instruction flags.
pub const FLAG_BITS: usize = 8;
/// Bits of what a control does (S-CONTROL).
pub const CONTROL_KIND_BITS: usize = 3;
/// Bits of the number of a control.
pub const CONTROL_NUMBER_BITS: usize = 64;
/// Bits of the scope of a control.
pub const SCOPE_BITS: usize = 8;
/// Bits of an account's `ext`, the flags that its owner sets (S-ACCOUNT).
pub const EXT_BITS: usize = 1;
/// Bits of the public kind of a unit record.
pub const RECORD_KIND_BITS: usize = 3;
/// Bits of a row's status.
pub const STATUS_BITS: usize = 2;
/// Bits in which a trigger is compared with a mark: `2^AMOUNT_BITS + 2^PRICE_BITS < 2^65` (B-TRIGGER).
pub const TRIGGER_BITS: usize = AMOUNT_BITS + 1;

/// Elements of a unit record that are not order slots.
pub const RECORD_FIXED: usize = 13;
/// Elements of a unit record that are public (not encrypted).
pub const RECORD_PUBLIC: usize = 5;
/// Elements of the house record.
pub const HOUSE_RECORD: usize = 14;
/// Elements of the risk table's header.
pub const RISK_HEADER: usize = 8;
/// Elements of a row of the risk table.
pub const RISK_ROW: usize = 22;
