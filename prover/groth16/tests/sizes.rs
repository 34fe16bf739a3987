//! Sizes of keys are known before the keys are.

mod common;

use cloister_groth16::{generate_development, write_key, KeySizes, Matrices};
use common::*;
use std::fs;

#[test]
fn sizes_are_those_of_the_key_that_is_made() {
    let dir = Directory::new("sizes");
    for shown in [0, 1, 40] {
        let matrices = Matrices::record(Cubic::blank(shown)).expect("records");
        let key = generate_development(&matrices).expect("generates");
        let path = dir.join("a.key");
        write_key(&path, &key).expect("writes");
        let expected = KeySizes {
            h: key.h().len(),
            l: key.l().len(),
            a: key.a().len(),
            b_g1: key.b_g1().len(),
            b_g2: key.b_g2().len(),
            verifying_bytes: key.verifying_key().len(),
            proving_bytes: fs::metadata(&path).expect("a file").len(),
        };
        assert_eq!(KeySizes::of(&matrices).expect("fits"), expected);
    }
}
