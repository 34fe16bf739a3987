//! Which instructions the inner loops use.

use std::sync::OnceLock;

/// A set of instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// `blst`'s assembly for single elements.
    Portable,
    /// AVX-512 IFMA, eight elements at once.
    Vector,
}

impl Backend {
    /// The fastest one that this processor has.
    pub fn detect() -> Self {
        static FOUND: OnceLock<Backend> = OnceLock::new();
        *FOUND.get_or_init(|| {
            if Self::Vector.is_available() {
                Self::Vector
            } else {
                Self::Portable
            }
        })
    }

    /// Whether this processor has it.
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Vector => is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma"),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Vector => false,
        }
    }
}
