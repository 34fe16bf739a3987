//! The whole bench on circuits that take no time.

use std::{env, fs, process::Command};

fn bench(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_bench-prover"))
        .args(arguments)
        .output()
        .expect("the program starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text)
}

#[test]
fn every_engine_should_prove_and_verify_and_every_ratio_be_printed() {
    let markdown = env::temp_dir().join(format!("bench-prover-test-{}.md", std::process::id()));
    let path = markdown.to_str().expect("a path in ASCII");
    let (success, text) = bench(&[
        "--circuit",
        "synthetic-6",
        "--rounds",
        "2",
        "--memory",
        "7",
        "--markdown",
        path,
    ]);
    assert!(success, "{text}");
    for what in ["prove", "prove portable", "setup", "verify"] {
        for peer in ["groth16", "bellperson", "arkworks"] {
            let start = format!("ratio {what} synthetic-6 {peer} ");
            let ratio = text.lines().find_map(|line| line.strip_prefix(&start));
            assert!(
                ratio.is_some_and(|r| r.parse::<f64>().is_ok_and(|r| r > 0.0)),
                "{start}: {text}"
            );
        }
    }
    let written = fs::read_to_string(&markdown).expect("the markdown is written");
    assert!(
        written.contains("## synthetic-6") && written.contains("| synthetic-7 |"),
        "{written}"
    );

    // A second run replaces its section and leaves the other and the text around them.
    fs::write(&markdown, format!("{written}\nProse.\n")).expect("the markdown can be changed");
    let (success, text) = bench(&["--circuit", "synthetic-5", "--rounds", "1", "--markdown", path]);
    assert!(success, "{text}");
    let written = fs::read_to_string(&markdown).expect("the markdown is written");
    assert!(
        written.contains("## synthetic-5") && !written.contains("## synthetic-6"),
        "{written}"
    );
    assert!(
        written.contains("| synthetic-7 |") && written.ends_with("Prose.\n"),
        "{written}"
    );
    fs::remove_file(&markdown).expect("the markdown can be deleted");
}

#[test]
fn an_unknown_circuit_should_be_refused() {
    let (success, text) = bench(&["--circuit", "synthetic-99"]);
    assert!(!success);
    assert!(
        text.contains("circuits are batch-dev and synthetic-2 to synthetic-24"),
        "{text}"
    );
}
