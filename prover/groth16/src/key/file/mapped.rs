//! The points of a mapped key file, where they lie.
#![allow(unsafe_code)]

use super::{check::range, header::Layout, section::Section};
use crate::curve::points::{G1Affine, G2Affine};
use memmap2::Mmap;
use std::slice;

/// The points of a key file that is mapped read-only.
pub(in crate::key) struct MappedPoints {
    pub(super) map: Mmap,
    pub(super) layout: Layout,
}

impl MappedPoints {
    /// # Safety
    /// `P` has no padding, any bytes are a `P`, its size is the section's unit and its alignment at most the section's.
    unsafe fn points<P>(&self, section: Section) -> &[P] {
        let bytes = &self.map[range(&self.layout, section)];
        // SAFETY: the range is inside the map and `count` units long; the map is aligned to pages and the section
        // within it to 64 bytes; the file is never written after it was renamed to its name, and the map lives as long
        // as `self`.
        unsafe { slice::from_raw_parts(bytes.as_ptr().cast(), self.layout.counts[section as usize] as usize) }
    }

    fn g1(&self, section: Section) -> &[G1Affine] {
        // SAFETY: twelve 64-bit words, and no caller passes another section than those of G1.
        unsafe { self.points(section) }
    }

    pub fn h(&self) -> &[G1Affine] {
        self.g1(Section::H)
    }

    pub fn l(&self) -> &[G1Affine] {
        self.g1(Section::L)
    }

    pub fn a(&self) -> &[G1Affine] {
        self.g1(Section::A)
    }

    pub fn b_g1(&self) -> &[G1Affine] {
        self.g1(Section::BG1)
    }

    pub fn b_g2(&self) -> &[G2Affine] {
        // SAFETY: twenty-four 64-bit words.
        unsafe { self.points(Section::BG2) }
    }
}
