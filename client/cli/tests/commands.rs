//! The command line.

use std::process::Command;

#[test]
fn claims_and_freezes_should_have_commands() {
    for command in ["pay-claim", "freeze", "claim-credits", "claim-share"] {
        let help = Command::new(env!("CARGO_BIN_EXE_cloister"))
            .args([command, "--help"])
            .output()
            .expect("the program runs");
        assert!(help.status.success(), "{command}");
    }
}
