//! What follows from the rest of the state.

/// Something that can be computed from the rest of the state at any time, and is kept to save that time. Two states
/// that differ in nothing else are equal, and it is not part of a snapshot.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Derived<T>(pub T);

impl<T> PartialEq for Derived<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for Derived<T> {}
