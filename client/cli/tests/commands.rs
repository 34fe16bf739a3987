//! The command line.

use std::process::Command;

#[test]
fn what_can_be_done_should_have_commands() {
    let claims = ["claim", "pay-claim", "freeze", "claim-credits", "claim-share"];
    let orders = ["amend", "annul", "clear", "dead-man", "list", "notices", "protect"];
    let chain = ["oracle", "faucet", "fund"];
    for command in claims.iter().chain(&orders).chain(&chain) {
        let help = Command::new(env!("CARGO_BIN_EXE_cloister"))
            .args([command, "--help"])
            .output()
            .expect("the program runs");
        assert!(help.status.success(), "{command}");
    }
}

/// How the program ends, and what it says of it.
fn ends(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_cloister"))
        .args(arguments)
        .output()
        .expect("the program runs");
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn a_blank_secret_uri_should_make_no_wallet() {
    let folder = tempfile::tempdir().expect("a folder");
    let keystore = folder.path().to_str().expect("a path in UTF-8");
    for blank in ["", "  "] {
        let (code, said) = ends(&["--keystore", keystore, "keys", "new", "--suri", blank]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("the secret URI is blank"), "{said}");
    }
    assert_eq!(folder.path().read_dir().expect("a folder").count(), 0);
}

#[test]
fn a_command_line_that_is_not_understood_and_a_node_that_is_not_there_should_end_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let keystore = folder.path().to_str().expect("a path in UTF-8");
    let wallet = ["--keystore", keystore, "--node", "ws://127.0.0.1:1"];
    let with = |more: &[&str]| ends(&[&wallet, more].concat());
    assert_eq!(with(&["keys", "new"]).0, Some(0));
    let order = ["order", "buy", "--instrument", "1", "--quantity", "1", "--price", "1"];
    for short in ["0s", "366d", "soon"] {
        let (code, said) = with(&[&order[..], &["--expires-in", short]].concat());
        assert_eq!(code, Some(2), "{said}");
    }
    let (code, said) = with(&order);
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("no node answers"), "{said}");
    // Before anybody is asked.
    let (code, said) = with(&["withdraw", "--amount", "0.0000001"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("have up to 6 decimals"), "{said}");
}

#[test]
fn options_that_contradict_each_other_should_not_be_understood() {
    let order = ["order", "sell", "--instrument", "1", "--quantity", "1", "--price", "1"];
    let with = |more: &[&'static str]| [&order[..], more].concat();
    for (line, part) in [
        (
            with(&["--stop-at", "1", "--take-profit-at", "2"]),
            "cannot be used with",
        ),
        (
            with(&["--self-trade", "nobody"]),
            "possible values: newest, oldest, both",
        ),
        (vec!["amend", "--id", "1"], "--price"),
        (vec!["dead-man"], "--after"),
        (vec!["dead-man", "--off", "--after", "30s"], "cannot be used with"),
        (vec!["dead-man", "--after", "25h"], "acts after 1s to 1d"),
        (vec!["protect", "--instrument", "1"], "--max-quantity"),
        (vec!["protect", "--instrument", "1", "--max-delta", "1"], "--window"),
        (
            vec!["protect", "--instrument", "1", "--off", "--reset"],
            "cannot be used with",
        ),
        (vec!["annul"], "--id"),
    ] {
        let (code, said) = ends(&line);
        assert_eq!(code, Some(2), "{line:?}: {said}");
        assert!(said.contains(part), "{line:?}: {said}");
    }
}

#[test]
fn prices_should_be_refused_before_anybody_is_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("prices.csv");
    std::fs::write(&file, "BTC-PERP,ETH-PERP\n60000,3000\n60010,\n").expect("written");
    let key = folder.path().join("operator.key");
    std::fs::write(&key, "//Charlie").expect("written");
    let path = |path: &std::path::Path| path.to_str().expect("a path in UTF-8").to_owned();
    let (file, key) = (path(&file), path(&key));
    let feed = |more: &[&str]| ends(&[&["--node", "ws://127.0.0.1:1", "oracle", "feed"], more].concat());
    for (code, arguments, part) in [
        (2, &[][..], "required"),
        (2, &["--price", "0"], "is zero"),
        (2, &["--price", "x"], "`x`"),
        (2, &["--price", "1", "--simulate", "1"], "cannot be used with"),
        (2, &["--url", "http://198.51.100.1/"], "no address on this machine"),
        (2, &["--price", "1", "--every", "1ms"], "1s to 10m apart"),
        (2, &["--price", "1", "--rounds", "0"], "--rounds"),
        (1, &["--file", &file], "line 3: there is no price for ETH-PERP"),
        (1, &["--file", "/nowhere.csv"], "/nowhere.csv"),
        (1, &["--price", "1", "--suri", "no such key"], "no such key"),
        (1, &["--price", "1", "--key-file", &key], "can be read by others"),
        (4, &["--price", "1"], "no node answers"),
    ] {
        let (found, said) = feed(arguments);
        assert_eq!(found, Some(code), "{arguments:?}: {said}");
        assert!(said.contains(part), "{arguments:?}: {said}");
    }
}
