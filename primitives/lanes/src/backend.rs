//! Which instructions the inner loops use.

use std::sync::OnceLock;

/// A set of instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// Plain Rust for single elements: on every target, and the only one without the feature `native`.
    Pure,
    /// `blst`'s assembly for single elements.
    Portable,
    /// Doubles in the base field, four at once with AVX2 and two in a browser; single elements in the scalar field.
    Floating,
    /// AVX-512 IFMA, eight elements at once.
    Vector,
}

impl Backend {
    /// All, the slowest first.
    pub const ALL: [Self; 4] = [Self::Pure, Self::Portable, Self::Floating, Self::Vector];

    /// The fastest one that this program and this processor have.
    pub fn detect() -> Self {
        static FOUND: OnceLock<Backend> = OnceLock::new();
        *FOUND.get_or_init(|| Self::Vector.or_available())
    }

    /// Whether this program and this processor have it.
    pub fn is_available(self) -> bool {
        match self {
            Self::Pure => true,
            Self::Portable => cfg!(feature = "native"),
            #[cfg(all(feature = "native", target_arch = "x86_64"))]
            Self::Floating => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(all(feature = "native", target_arch = "x86_64"))]
            Self::Vector => {
                cfg!(emulated_ifma) || is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma")
            }
            #[cfg(not(all(feature = "native", target_arch = "x86_64")))]
            Self::Floating => cfg!(all(target_arch = "wasm32", target_feature = "simd128")),
            #[cfg(not(all(feature = "native", target_arch = "x86_64")))]
            Self::Vector => false,
        }
    }

    /// This one, or the fastest available one that is slower.
    pub fn or_available(self) -> Self {
        let up_to_this = Self::ALL.iter().take_while(|backend| **backend != self);
        let slower = || up_to_this.copied().filter(|backend| backend.is_available()).last();
        if self.is_available() {
            self
        } else {
            slower().unwrap_or(Self::Pure)
        }
    }
}

/// Evaluates an expression with the [`super::Suite`] of a backend, or of the one that stands in for it, under a name.
#[macro_export]
macro_rules! on_backend {
    ($backend:expr, $suite:ident => $body:expr) => {
        match $backend.or_available() {
            #[cfg(all(feature = "native", target_arch = "x86_64"))]
            $crate::Backend::Vector => {
                type $suite = $crate::Vector;
                $body
            }
            #[cfg(any(
                all(feature = "native", target_arch = "x86_64"),
                all(target_arch = "wasm32", target_feature = "simd128")
            ))]
            $crate::Backend::Floating => {
                type $suite = $crate::Floating;
                $body
            }
            #[cfg(feature = "native")]
            $crate::Backend::Portable => {
                type $suite = $crate::Portable;
                $body
            }
            _ => {
                type $suite = $crate::Pure;
                $body
            }
        }
    };
}
