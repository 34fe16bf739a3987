//! The lists of a key file.

/// Number of lists.
pub(super) const SECTIONS: usize = 6;

/// A list of a key file, in the order of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// [`crate::KeyPoints::h`].
    H,
    /// [`crate::KeyPoints::l`].
    L,
    /// [`crate::KeyPoints::a`].
    A,
    /// [`crate::KeyPoints::b_g1`].
    BG1,
    /// [`crate::KeyPoints::b_g2`].
    BG2,
    /// The encoded verifying key.
    Vk,
}

impl Section {
    /// All, in the order of the file.
    pub(super) const ALL: [Self; SECTIONS] = [Self::H, Self::L, Self::A, Self::BG1, Self::BG2, Self::Vk];

    /// Bytes of what the section counts.
    pub(super) const fn unit(self) -> u64 {
        match self {
            Self::H | Self::L | Self::A | Self::BG1 => 96,
            Self::BG2 => 192,
            Self::Vk => 1,
        }
    }
}
