//! What can be wrong with a point, a key or a proof.

/// Why bytes are not a point that may be used, in the order the checks are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PointError {
    /// The flag bits contradict the form of the encoding, or a coordinate is not below the field's modulus.
    #[error("the encoding is not canonical")]
    Encoding,
    /// The identity, where it is never valid.
    #[error("the point is the identity")]
    Infinity,
    /// No point of the curve has these coordinates (compressed: no point has this x).
    #[error("the point is not on the curve")]
    NotOnCurve,
    /// The point is on the curve, but not in its subgroup of prime order.
    #[error("the point is not in the prime-order subgroup")]
    NotInSubgroup,
}

/// The points of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofPoint {
    /// `A`, in G1.
    A,
    /// `B`, in G2.
    B,
    /// `C`, in G1.
    C,
}

/// The points of a verifying key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPoint {
    /// `alpha` in G1.
    AlphaG1,
    /// `beta` in G1.
    BetaG1,
    /// `beta` in G2.
    BetaG2,
    /// `gamma` in G2.
    GammaG2,
    /// `delta` in G1.
    DeltaG1,
    /// `delta` in G2.
    DeltaG2,
    /// The point of an input; 0 is the constant's.
    Input(u32),
}

/// Why a proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// A point of the proof may not be used.
    #[error("point {point:?} of the proof: {error}")]
    Proof {
        /// Which of the three.
        point: ProofPoint,
        /// What is wrong with it.
        #[source]
        error: PointError,
    },
    /// The key is for another number of public inputs.
    #[error("the key is for {expected} public inputs, {given} were given")]
    WrongInputCount {
        /// Inputs of the key.
        expected: usize,
        /// Inputs of the call.
        given: usize,
    },
    /// The points are valid, but the pairing equation does not hold: the proof is of another statement.
    #[error("the pairing equation does not hold")]
    PairingCheckFailed,
    /// A host call refused arguments that were checked here: node and runtime do not match.
    #[error("a host call failed")]
    HostCall,
}

/// Why bytes are not a verifying key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyingKeyError {
    /// The length does not fit the number of inputs the key states.
    #[error("the key has the wrong length")]
    Length,
    /// The key has no point for the constant, or more inputs than [`crate::MAX_INPUTS`].
    #[error("the key states {0} input points")]
    InputCount(u32),
    /// A point of the key may not be used.
    #[error("point {point:?} of the key: {error}")]
    Point {
        /// Which one.
        point: KeyPoint,
        /// What is wrong with it.
        #[source]
        error: PointError,
    },
}
