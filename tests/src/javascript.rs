//! The clients of others, in JavaScript (`tests/clients`), as child processes that do what a test asks of them.

use cloister_client_core::owner::OwnerKey;
use cloister_runtime::{AccountId, RuntimeError};
use polkadot_sdk::sp_core::crypto::Ss58Codec;
use scale_info::{MetaType, TypeDef, Variant};
use serde_json::{json, Value};
use std::{collections::BTreeMap, fs::File, path::Path, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

/// The clients by the names that the script knows them by: `@polkadot/api` and PAPI.
pub const CLIENTS: [&str; 2] = ["polkadot-js", "papi"];
/// Where the script is, with the packages that `scripts/setup.sh` installs.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/clients");
/// How long an answer may take: some blocks.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a page may take: a vote.
const PAGE_PATIENCE: Duration = Duration::from_secs(240);

/// Runs `pages.mjs`, which has `@polkadot/api` do what pages say, and returns what it prints.
///
/// # Panics
/// Node.js or the packages are missing, or a page says what the chain does not do; the message has what.
pub async fn pages(arguments: &[&str]) -> Value {
    expect_packages();
    let script = Path::new(FOLDER).join("pages.mjs");
    let ends = Command::new("node")
        .arg(script)
        .args(arguments)
        .kill_on_drop(true)
        .output();
    let output = timeout(PAGE_PATIENCE, ends).await.expect("it ends");
    let output = output.expect("Node.js is there; `make setup` installs it");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn expect_packages() {
    assert!(
        Path::new(FOLDER).join("node_modules").is_dir(),
        "the packages of {FOLDER} are missing; `make setup` installs them"
    );
}

/// A client with the account that signs its transactions.
pub struct JavaScript {
    name: &'static str,
    /// The account.
    pub owner: AccountId,
    /// Ends with this value.
    _child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is in a block and took effect: pallet, name and fields of each event.
    Took(Vec<(String, String, Value)>),
    /// It is in a block and failed: pallet (none if the error is not a pallet's), name and documentation of the error.
    Failed(Option<String>, String, String),
    /// The node did not take it; in the client's words.
    Refused(String),
}

impl Outcome {
    fn read(answer: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        if let Some(failed) = answer.get("failed") {
            let pallet = failed["pallet"].as_str().map(str::to_owned);
            return Self::Failed(pallet, text(&failed["name"]), text(&failed["docs"]));
        }
        if let Some(refused) = answer.get("refused") {
            return Self::Refused(text(refused));
        }
        let events = answer["events"].as_array().expect("events, or why there are none");
        let read = |event: &Value| (text(&event["pallet"]), text(&event["name"]), event["fields"].clone());
        Self::Took(events.iter().map(read).collect())
    }

    /// The fields of an event by its name.
    ///
    /// # Panics
    /// The transaction took no effect, or there is no such event.
    pub fn event(&self, wanted: &str) -> &Value {
        let Self::Took(events) = self else {
            panic!("no {wanted}: {self:?}");
        };
        let found = events.iter().find(|(_, name, _)| name == wanted);
        &found.unwrap_or_else(|| panic!("no {wanted}: {self:?}")).2
    }

    /// Name of the error by which the transaction failed.
    ///
    /// # Panics
    /// It did not fail, or the client shows other documentation than the runtime's.
    pub fn error(&self) -> &str {
        let Self::Failed(pallet, name, docs) = self else {
            panic!("it did not fail: {self:?}");
        };
        if let Some(pallet) = pallet {
            let known = errors().into_iter().find(|e| (&e.pallet, &e.name) == (pallet, name));
            assert_eq!(known.map(|e| e.docs).as_ref(), Some(docs), "{self:?}");
        }
        name
    }
}

/// An error of a pallet, as the runtime's types say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PalletError {
    /// Index of the pallet, and of the error in it.
    pub index: (u8, u8),
    /// The pallet.
    pub pallet: String,
    /// The error.
    pub name: String,
    /// Its documentation, in one line.
    pub docs: String,
    /// Path of the error's type; its first part is the crate.
    pub path: String,
}

/// Every error of every pallet of the runtime.
pub fn errors() -> Vec<PalletError> {
    let variants = |ty: &MetaType| match ty.type_info().type_def {
        TypeDef::Variant(of) => of.variants,
        _ => Vec::new(),
    };
    let pallets = variants(&MetaType::new::<RuntimeError>());
    let errors_of = |pallet: &Variant| {
        let of = pallet.fields.first().expect("it holds the pallet's error").ty;
        let read = |error: &Variant| PalletError {
            index: (pallet.index, error.index),
            pallet: pallet.name.to_owned(),
            name: error.name.to_owned(),
            docs: error.docs.join(" ").trim().to_owned(),
            path: of.type_info().path.segments.join("::"),
        };
        variants(&of).iter().map(read).collect::<Vec<_>>()
    };
    pallets.iter().flat_map(errors_of).collect()
}

/// A call as the script takes it. Numbers of 64 bits and more are text.
pub fn call(pallet: &str, call: &str, args: Value) -> Value {
    json!({ "pallet": pallet, "call": call, "args": args })
}

/// Bytes as the script takes them.
pub fn bytes(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

/// An account as clients show it.
pub fn address(account: &AccountId) -> String {
    account.to_ss58check()
}

impl JavaScript {
    /// Starts a client that signs with the account of a URI. What it logs is beside the node's log.
    ///
    /// # Panics
    /// Node.js or the packages are missing.
    pub async fn start(name: &'static str, url: &str, suri: &str, log: &Path) -> Self {
        let script = Path::new(FOLDER).join("main.mjs");
        expect_packages();
        let log = File::create(log.with_extension(format!("{name}.log"))).expect("a log");
        let mut child = Command::new("node")
            .arg(script)
            .args([name, url, suri])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("Node.js is there; `make setup` installs it");
        let input = child.stdin.take().expect("it is piped");
        let output = child.stdout.take().expect("it is piped");
        let owner = OwnerKey::from_uri(suri).expect("the URI is well-formed");
        Self {
            name,
            owner: owner.public().into(),
            _child: child,
            input,
            output: BufReader::new(output).lines(),
        }
    }

    /// Sends a request and waits for the answer.
    ///
    /// # Panics
    /// The client says that it could not do it, or nothing.
    pub async fn ask(&mut self, request: Value) -> Value {
        let line = format!("{request}\n");
        self.input.write_all(line.as_bytes()).await.expect("it reads");
        let answer = timeout(PATIENCE, self.output.next_line()).await;
        let answer = match answer {
            Ok(Ok(Some(answer))) => serde_json::from_str::<Value>(&answer).expect("JSON"),
            silence => panic!("{}: no answer to {request}: {silence:?}", self.name),
        };
        match answer.get("error") {
            Some(error) => panic!("{}: {request}: {}", self.name, error.as_str().unwrap_or_default()),
            None => answer["answer"].clone(),
        }
    }

    /// Sends a call of the account and waits for its block.
    pub async fn submit(&mut self, call: Value) -> Outcome {
        self.submit_all(vec![call])
            .await
            .pop()
            .expect("one answer for each call")
    }

    /// Sends calls of the account, one nonce after another.
    pub async fn submit_all(&mut self, calls: Vec<Value>) -> Vec<Outcome> {
        let answers = self.ask(json!({ "do": "submit", "calls": calls })).await;
        let answers = answers.as_array().expect("answers");
        answers.iter().map(Outcome::read).collect()
    }

    /// Sends a call of another account, or with a nonce of its own.
    pub async fn submit_as(&mut self, call: Value, suri: &str, nonce: Option<u64>) -> Outcome {
        let request = json!({ "do": "submitAs", "call": call, "suri": suri });
        let request = match nonce {
            Some(nonce) => with(request, "nonce", json!(nonce)),
            None => request,
        };
        Outcome::read(&self.ask(request).await)
    }

    /// Sends a call that is signed together with the hash of the metadata, or with a spoiled one. Also returns the hash
    /// that the client has computed.
    pub async fn submit_with_metadata_hash(&mut self, call: Value, spoiled: bool) -> (Value, Outcome) {
        let request = json!({ "do": "submitWithMetadataHash", "call": call, "spoiled": spoiled });
        let answer = self.ask(request).await;
        (answer["digest"].clone(), Outcome::read(&answer))
    }

    /// A value in storage.
    pub async fn storage(&mut self, pallet: &str, item: &str, keys: Value) -> Value {
        self.ask(json!({ "do": "storage", "pallet": pallet, "item": item, "keys": keys }))
            .await
    }

    /// The answer of a runtime API.
    pub async fn api(&mut self, api: &str, method: &str, args: Value) -> Value {
        self.ask(json!({ "do": "api", "api": api, "method": method, "args": args }))
            .await
    }

    /// What the node answers to a request of its JSON-RPC.
    pub async fn rpc(&mut self, method: &str, params: Value) -> Value {
        self.ask(json!({ "do": "rpc", "method": method, "params": params }))
            .await
    }

    /// The errors of these indices, as the client reads them in the metadata of a version: index to pallet, name and
    /// documentation.
    pub async fn errors(&mut self, version: u32, of: &[PalletError]) -> BTreeMap<(u8, u8), (String, String, String)> {
        let indices: Vec<_> = of.iter().map(|error| error.index).collect();
        let answer = self
            .ask(json!({ "do": "errors", "version": version, "errors": indices }))
            .await;
        assert_eq!(answer["version"], version);
        let decoded = serde_json::from_value::<Vec<_>>(answer["decoded"].clone()).expect("names");
        indices.into_iter().zip(decoded).collect()
    }
}

fn with(mut object: Value, key: &str, value: Value) -> Value {
    object[key] = value;
    object
}
