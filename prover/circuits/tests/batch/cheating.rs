//! Cheating.
