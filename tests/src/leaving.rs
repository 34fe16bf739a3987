//! A group that ends: frozen by anybody, and left by each of its traders alone (C-FREEZE, C-EXIT).

use crate::node::{cloister, cloister_ends, Running};
use cloister_client::{
    chain::{Chain, ChainError, Until},
    trader::{self, now, owner_of},
};
use cloister_client_core::trader::Trader;
use cloister_runtime::Runtime;
use pallet_cloister_execution::{Error, GroupTotals};
use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long a step may take that falls due within a minute or two.
const PATIENCE: Duration = Duration::from_secs(300);
/// Time between two tries.
const POLL: Duration = Duration::from_secs(2);

/// The exchange's error behind a refusal.
pub fn refusal(error: &ChainError) -> Option<Error<Runtime>> {
    match error {
        ChainError::Failed(failure) => failure.execution(),
        _ => None,
    }
}

/// What a trader's owner holds of the group's asset, 10^-6.
///
/// # Panics
/// The chain cannot be asked.
pub async fn balance(chain: &Chain, trader: &Trader) -> u128 {
    let asset = chain.group_state(trader.group, None).await.expect("the group").asset;
    let owner = owner_of(&trader.keys);
    chain.asset_balance(asset, &owner, None).await.expect("a balance")
}

/// Tries to freeze a group until it is due.
///
/// # Panics
/// It is refused for another reason, or does not fall due.
pub async fn freeze_when_due(chain: &Chain, group: u32, stranger: &Trader) {
    let begin = Instant::now();
    while let Err(error) = trader::freeze(chain, group, &stranger.keys, Until::InBlock).await {
        assert_eq!(refusal(&error), Some(Error::FreezeNotDue), "{error}");
        assert!(begin.elapsed() < PATIENCE, "the freeze does not fall due");
        tokio::time::sleep(POLL).await;
    }
}

/// Waits until all who may claim before the ratio is fixed have had their time.
///
/// # Panics
/// That does not end.
pub async fn claims_are_over(chain: &Chain, group: u32) {
    let sums = chain.exit_sums(group, None).await.expect("read");
    let until = sums.expect("the group is frozen").claims_until;
    let begin = Instant::now();
    while now() < until {
        assert!(begin.elapsed() < PATIENCE, "the first phase does not end");
        tokio::time::sleep(POLL).await;
    }
}

/// The vault owes nothing, and keeps its minimum balance alone, which was there before anybody came. Returns it.
///
/// # Panics
/// It is not so, or the chain cannot be asked.
pub async fn vault_should_be_empty(chain: &Chain, group: u32) -> u128 {
    let totals = chain.group_totals(group, None).await.expect("read");
    assert_eq!(totals, GroupTotals::default(), "the vault owes nothing");
    let asset = chain.group_state(group, None).await.expect("the group").asset;
    let vault = chain.vault_account(group).await.expect("an account");
    let (_, minimum) = chain.asset_supply(asset, None).await.expect("the asset");
    let rest = chain.asset_balance(asset, &vault, None).await.expect("a balance");
    assert_eq!(rest, minimum);
    rest
}

/// A wallet of the program `cloister`, in a folder of its own.
pub struct Wallet {
    node: String,
    sequencer: Option<String>,
    folder: TempDir,
}

impl Wallet {
    /// A wallet with this seed, in hexadecimal, and owner, which talks to the node at this address.
    ///
    /// # Panics
    /// The program refuses.
    pub async fn import(node: &str, seed: &str, suri: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let node = node.to_owned();
        let wallet = Self {
            node,
            sequencer: None,
            folder,
        };
        wallet.run(&["keys", "import", "--suri", suri], seed).await;
        wallet
    }

    /// The same, which sends orders to a sequencer's own server.
    pub fn with_sequencer(self, url: &str) -> Self {
        Self {
            sequencer: Some(url.to_owned()),
            ..self
        }
    }

    /// What every call of the program ends with.
    fn options(&self) -> Vec<&str> {
        let keystore = self.folder.path().to_str().expect("a path in UTF-8");
        let sequencer = self.sequencer.iter().flat_map(|url| ["--sequencer", url]);
        ["--node", &self.node, "--keystore", keystore]
            .into_iter()
            .chain(sequencer)
            .collect()
    }

    /// Runs the program and shows what it says.
    ///
    /// # Panics
    /// It fails.
    pub async fn run(&self, arguments: &[&str], input: &str) -> String {
        let said = cloister(&[arguments, &self.options()].concat(), input).await;
        println!("$ cloister {}\n{said}", arguments.join(" "));
        said
    }

    /// Runs the program, checks the code with which it ends and that these parts are in what it says, and returns that
    /// as a whole.
    ///
    /// # Panics
    /// It ends with another code, or says something else.
    pub async fn says(&self, code: i32, arguments: &[&str], parts: &[&str]) -> String {
        let (found, out, error) = cloister_ends(&[arguments, &self.options()].concat(), "").await;
        let said = out + &error;
        assert_eq!(found, Some(code), "cloister {arguments:?}: {said}");
        for part in parts {
            assert!(said.contains(part), "cloister {arguments:?}: {part}: {said}");
        }
        said
    }

    /// Files of the wallet's folder whose names end so.
    ///
    /// # Panics
    /// The folder cannot be read.
    pub fn files(&self, extension: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path()).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths
            .filter(|path| path.extension().is_some_and(|end| end == extension))
            .collect()
    }

    /// Starts the program, and lets it run.
    ///
    /// # Panics
    /// It has not been built.
    pub fn spawn(&self, arguments: &[&str]) -> Running {
        Running::start(&[arguments, &self.options()].concat())
    }

    /// The next step out of a frozen group.
    ///
    /// # Panics
    /// The program fails.
    pub async fn exit(&self) -> String {
        self.run(&["exit"], "").await
    }
}
