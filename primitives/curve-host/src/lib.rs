//! What a runtime lets the node compute on BLS12-381 (C-CURVE-HOST).
//!
//! Four functions, each of them mathematics without any protocol: two decode a compressed point and say what is wrong
//! with it, one sums multiples of points, one asks whether a product of pairings is one. The equations of proofs, the
//! coefficients of many proofs and everything else that may change stay in the runtime.
//!
//! In Wasm, [`curve_host`] has the functions that a runtime imports. Natively the same names run the code itself, and
//! the node registers `curve_host::HostFunctions` with its executor. A function is never changed: one that computes
//! anything else gets a version of its own, and the old one stays for the blocks that were made with it.
//!
//! Points are in the zcash encoding, scalars little-endian; lists are their items one after the other. Points that are
//! not compressed have been checked before: their encoding and the curve's equation are looked at again (so that the
//! node never computes with anything else), their subgroup is not.
#![cfg_attr(not(feature = "std"), no_std)]
// Set by the SDK's Wasm builder, and by nothing that Cargo knows of.
#![allow(unexpected_cfgs)]

extern crate alloc;

mod code;
#[cfg(not(substrate_runtime))]
mod native;

pub use code::{Code, G1_COMPRESSED, G1_UNCOMPRESSED, G2_COMPRESSED, G2_UNCOMPRESSED, SCALAR};

use sp_runtime_interface::{
    pass_by::{PassFatPointerAndRead, PassFatPointerAndWrite},
    runtime_interface,
};

/// What goes over the wire.
#[cfg(not(substrate_runtime))]
fn answer(result: Result<(), Code>) -> u32 {
    match result {
        Ok(()) => 0,
        Err(code) => code as u32,
    }
}

/// The functions. All answer 0 or a [`Code`].
#[runtime_interface]
pub trait CurveHost {
    /// Decodes a compressed point of G1 (48 bytes) and writes it uncompressed (96 bytes).
    ///
    /// In this order: [`Code::Encoding`], [`Code::Infinity`], [`Code::NotOnCurve`], [`Code::NotInSubgroup`].
    fn decode_g1(compressed: PassFatPointerAndRead<&[u8]>, uncompressed: PassFatPointerAndWrite<&mut [u8]>) -> u32 {
        crate::answer(crate::native::decode_g1(compressed, uncompressed))
    }

    /// Decodes a compressed point of G2 (96 bytes) and writes it uncompressed (192 bytes).
    ///
    /// As `decode_g1`.
    fn decode_g2(compressed: PassFatPointerAndRead<&[u8]>, uncompressed: PassFatPointerAndWrite<&mut [u8]>) -> u32 {
        crate::answer(crate::native::decode_g2(compressed, uncompressed))
    }

    /// Writes `Σ scalars[i] · points[i]`, a point of G1 (96 bytes), for as many points of G1 (96 bytes each) as scalars
    /// (32 bytes each). Points of the subgroup are expected, the identity may be among them.
    ///
    /// [`Code::Encoding`] or [`Code::NotOnCurve`] of the first that is refused.
    fn sum_of_multiples(
        points: PassFatPointerAndRead<&[u8]>,
        scalars: PassFatPointerAndRead<&[u8]>,
        sum: PassFatPointerAndWrite<&mut [u8]>,
    ) -> u32 {
        crate::answer(crate::native::sum_of_multiples(points, scalars, sum))
    }

    /// Whether `Π e(g1[i], g2[i])` is one, for as many points of G1 (96 bytes each) as of G2 (192 bytes each). Points
    /// of the subgroups are expected; a pair with an identity counts as one.
    ///
    /// [`Code::NotOne`]; [`Code::Encoding`] or [`Code::NotOnCurve`] of the first that is refused.
    fn pairing_product(g1: PassFatPointerAndRead<&[u8]>, g2: PassFatPointerAndRead<&[u8]>) -> u32 {
        crate::answer(crate::native::pairing_product(g1, g2))
    }
}
