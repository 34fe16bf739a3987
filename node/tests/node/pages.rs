//! What the pages say to type: every command of the node in them is one that the node understands.

use clap::error::ErrorKind;
use cloister_node::cli::Cli;
use std::{fs, path::Path};

/// What a reader puts the identity of a node in place of, and one.
const SOMEBODYS_ID: &str = "ID_OF_ALICE";
const A_PEER: &str = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp";

/// The words of a line of a shell, without what comes behind `#`, `>` or `&`.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            '#' | '>' | '&' if !quoted && word.is_empty() => break,
            c if c.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The commands of the node in a page, each on one line.
fn commands(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ").replace(SOMEBODYS_ID, A_PEER);
    let lines = joined.lines().map(str::trim);
    let named = lines.map(|line| line.replace("\"$bin/cloister-node\"", "cloister-node"));
    named.filter(|line| line.starts_with("cloister-node ")).collect()
}

#[test]
fn every_command_of_the_pages_should_be_understood() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let pages = fs::read_dir(root.join("docs")).expect("the pages are there");
    let pages = pages.map(|entry| entry.expect("an entry").path());
    let mut count = 0;
    for page in pages.chain([root.join("README.md")]) {
        if page.extension().is_none_or(|end| end != "md") {
            continue;
        }
        for command in commands(&fs::read_to_string(&page).expect("text")) {
            let understood = Cli::understood().try_get_matches_from(words(&command));
            if let Err(error) = understood {
                assert_eq!(
                    error.kind(),
                    ErrorKind::DisplayHelp,
                    "{}: {command}\n{error}",
                    page.display()
                );
            }
            count += 1;
        }
    }
    assert!(count >= 20, "the pages have {count} commands");
}
