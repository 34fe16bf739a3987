//! What the pages say to type, typed: every command of an operator's pages is run, in the order of the pages, in a
//! folder of its own. Names of the chain in all pages are looked up by `@polkadot/api`.

use cloister_client::chain::Chain;
use cloister_tests::{
    javascript::pages as look_up,
    node::{beside_another, binary, free_address},
};
use polkadot_sdk::{
    sp_core::{crypto::Ss58Codec, sr25519, Pair},
    sp_keyring::{Ed25519Keyring, Sr25519Keyring},
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::process::{Child, Command};

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");
/// The port at which a node answers unless a page says otherwise.
const RPC_PORT: &str = "9944";
/// How long a command may take that ends by itself, and a node until it answers.
const PATIENCE: Duration = Duration::from_secs(300);
const POLL: Duration = Duration::from_millis(300);
/// What is not run here: how it begins, on which page, and why.
const EXEMPT: [(&str, &str, &str); 2] = [
    (
        "order-entry",
        "cloister --node ws://127.0.0.1:9944 --sequencer wss://trade.example.org ",
        "it reaches the sequencer by a name of the internet, through a proxy with TLS",
    ),
    (
        "sequencers",
        "cloister sequencer ",
        "members of a group do it together, each with a node: the end-to-end test `secrets`",
    ),
];
/// The folder of a node that is told none.
const UNNAMED: &str = "default";

/// Commands of a page, each on one line. Code for `@polkadot/api`, choices for the file of a node, and what is exempt
/// are left out.
fn commands(page: &str) -> Vec<String> {
    let text = fs::read_to_string(Path::new(DOCS).join(format!("{page}.md"))).expect("the page is there");
    let mut out: Vec<String> = Vec::new();
    let (mut fence, mut goes_on) = (None, false);
    for line in text.lines() {
        if let Some(language) = line.trim().strip_prefix("```") {
            fence = fence.is_none().then(|| language.to_owned());
            continue;
        }
        // What stands in a fence of another kind is a file: of this node, or of a proxy.
        let is_code = match &fence {
            Some(language) => language == "sh",
            None => line.starts_with("    "),
        };
        if !is_code {
            assert!(!goes_on, "{page}: a command does not end: {out:?}");
            continue;
        }
        let part = line.trim();
        match out.last_mut() {
            Some(command) if goes_on => {
                let begun = command.trim_end_matches('\\').trim_end().len();
                command.truncate(begun);
                command.push(' ');
                command.push_str(part);
            }
            _ => out.push(part.to_owned()),
        }
        let command = out.last().expect("there is one");
        goes_on = command.ends_with('\\') || command.matches('\'').count() % 2 == 1 && !is_javascript(command);
    }
    out.retain(|command| !is_javascript(command) && !is_choice(command));
    for (_, begin, why) in EXEMPT.iter().filter(|(of, ..)| *of == page) {
        let all = out.len();
        out.retain(|command| !command.starts_with(begin));
        assert!(out.len() < all, "{page} has no {begin}, of which it is said that {why}");
    }
    out
}

fn is_javascript(line: &str) -> bool {
    ["api.", "await ", "const "].iter().any(|begin| line.starts_with(begin))
}

fn is_choice(line: &str) -> bool {
    let key = line.split_once(" = ").map(|(key, _)| key);
    key.is_some_and(|key| key.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
}

/// The file that a page shows in a fence of this language.
fn file_of(page: &str, language: &str) -> String {
    let text = fs::read_to_string(Path::new(DOCS).join(format!("{page}.md"))).expect("the page is there");
    let begin = format!("```{language}\n");
    let (_, behind) = text.split_once(&begin).expect("the page has the file");
    let (file, _) = behind.split_once("```").expect("it ends");
    file.to_owned()
}

/// What follows a word in a command.
fn behind<'a>(command: &'a str, word: &str) -> Option<&'a str> {
    let mut words = command.split_whitespace();
    words.by_ref().find(|found| *found == word)?;
    words.next()
}

fn free_port() -> String {
    let address = free_address();
    let (_, port) = address.rsplit_once(':').expect("an address has a port");
    port.to_owned()
}

/// A node that a page has started.
struct Server {
    child: Child,
    command: String,
    folder: String,
    rpc_port: String,
    network_port: String,
    log: PathBuf,
}

impl Server {
    fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.rpc_port)
    }

    /// Its identity, which it prints when it starts.
    fn peer(&self) -> String {
        let log = fs::read_to_string(&self.log).expect("its log");
        let (_, behind) = log.split_once("Local node identity is: ").expect("it is printed");
        behind.split_whitespace().next().expect("it is printed").to_owned()
    }

    fn log(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    /// Waits until it answers.
    async fn answers(&mut self) {
        let begin = Instant::now();
        while Chain::connect(&self.url()).await.is_err() {
            let ended = self.child.try_wait().expect("it is known");
            assert!(ended.is_none(), "{}: {ended:?}\n{}", self.command, self.log());
            assert!(
                begin.elapsed() < PATIENCE,
                "{}: no answer\n{}",
                self.command,
                self.log()
            );
            tokio::time::sleep(POLL).await;
        }
    }

    /// Stops it as its operator would.
    async fn stop(mut self) {
        let id = self
            .child
            .id()
            .unwrap_or_else(|| panic!("{}: it has ended\n{}", self.command, self.log()));
        let sent = Command::new("kill").args(["-TERM", &id.to_string()]).status().await;
        assert!(sent.expect("a signal is sent").success());
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let status = ended.expect("it ends").expect("its end is told");
        assert!(status.success(), "{}: {status}\n{}", self.command, self.log());
    }
}

/// Whoever types what the pages say.
struct Operator {
    folder: TempDir,
    /// The page, which is about a machine of its own.
    page: &'static str,
    /// Nodes that run, by the port of the page at which they answer.
    servers: BTreeMap<String, Server>,
    /// Programs that run beside them until the page ends.
    programs: Vec<(String, Child)>,
    /// What stands in a page for something that only its reader knows.
    names: BTreeMap<&'static str, String>,
    /// Number of commands that were run.
    run: usize,
}

impl Operator {
    fn new() -> Self {
        Self {
            folder: TempDir::new().expect("a folder"),
            page: "",
            servers: BTreeMap::new(),
            programs: Vec::new(),
            names: BTreeMap::new(),
            run: 0,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The command with the folders of this test, and what its reader knows.
    fn own(&self, command: &str) -> String {
        let folder = self.folder.path().display().to_string();
        // A sequencer keeps the states of all blocks, so it has not the database of a validator.
        let sequencer = command.contains("--sequencer") || command.contains("clsq");
        let machine = if sequencer { "sequencer" } else { self.page };
        let mut own = command
            .replace("/tmp/", &format!("{folder}/"))
            .replace("/var/lib/cloister", &format!("{folder}/{machine}"));
        for (name, value) in &self.names {
            own = own.replace(name, value);
        }
        for (port, server) in &self.servers {
            own = own.replace(&format!("127.0.0.1:{port}"), &format!("127.0.0.1:{}", server.rpc_port));
        }
        // A trader's program asks the node at the usual port.
        let asks = self.servers.get(RPC_PORT).filter(|_| own.starts_with("cloister "));
        match asks {
            Some(server) => own.replacen("cloister ", &format!("cloister --node {} ", server.url()), 1),
            None => own,
        }
    }

    fn shell(&self, command: &str) -> Command {
        let programs = binary().parent().expect("it lies in a folder").to_owned();
        let path = std::env::var("PATH").expect("there is one");
        let mut shell = Command::new("bash");
        shell
            .args(["-c", command])
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", programs.display()))
            .env("XDG_DATA_HOME", self.folder.path())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        shell
    }

    /// Runs a command until it ends: whether it has succeeded, and what it says.
    async fn ends(&self, command: &str) -> (bool, String) {
        let own = self.own(command);
        let output = tokio::time::timeout(PATIENCE, self.shell(&own).output()).await;
        let output = output.unwrap_or_else(|_| panic!("{command}: it does not end"));
        let output = output.expect("there is a shell");
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
        (output.status.success(), said.concat())
    }

    async fn succeeds(&self, command: &str) -> String {
        let (good, said) = self.ends(command).await;
        assert!(good, "{command}: {said}");
        said
    }

    /// A trader's command, which is typed again for as long as it says so.
    async fn trades(&self, command: &str) {
        let begin = Instant::now();
        loop {
            let (good, said) = self.ends(command).await;
            if good {
                return;
            }
            let waits = said.contains("try again") && begin.elapsed() < PATIENCE;
            assert!(waits, "{command}: {said}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// Starts a node, and waits until it answers. Another one with the same folder or port is stopped first.
    async fn serves(&mut self, command: &str) {
        let own = self.own(command);
        let folder = behind(&own, "--base-path").unwrap_or(UNNAMED).to_owned();
        let port = behind(command, "--rpc-port").unwrap_or(RPC_PORT).to_owned();
        let same = |(at, server): (&String, &Server)| (*at == port || server.folder == folder).then(|| at.clone());
        let others: Vec<String> = self.servers.iter().filter_map(same).collect();
        if !others.is_empty() {
            self.ends_programs().await;
        }
        for other in others {
            self.servers.remove(&other).expect("it runs").stop().await;
        }
        let (rpc_port, network_port) = (free_port(), free_port());
        let mut words: Vec<&str> = own.split_whitespace().take_while(|word| *word != "#").collect();
        for option in ["--port", "--rpc-port"] {
            if let Some(at) = words.iter().position(|word| *word == option) {
                words.drain(at..=at + 1);
            }
        }
        let mut own = words.join(" ");
        own += &format!(" --rpc-port {rpc_port} --port {network_port}");
        if !words.contains(&"--no-prometheus") {
            own += &format!(" --prometheus-port {}", free_port());
        }
        own = own.replace("127.0.0.1:9950", &free_address());
        // Nodes of one machine find each other by mDNS, which a machine without a network has not.
        if let Some(first) = self.servers.values().next().filter(|_| words.contains(&"--bob")) {
            own += &format!(
                " --bootnodes /ip4/127.0.0.1/tcp/{}/p2p/{}",
                first.network_port,
                first.peer()
            );
        }
        // A page has the first node's port, at which another one finds it.
        for server in self.servers.values() {
            own = own.replace("/tcp/30333/p2p/", &format!("/tcp/{}/p2p/", server.network_port));
        }
        let log = self.path(&format!("node-{}.log", self.run));
        let said = File::create(&log).expect("a log");
        let copy = said.try_clone().expect("a log");
        let child = self.shell(&format!("exec {own}")).stdout(said).stderr(copy).spawn();
        let mut server = Server {
            child: child.expect("there is a shell"),
            command: command.to_owned(),
            folder,
            rpc_port,
            network_port,
            log,
        };
        server.answers().await;
        self.servers.insert(port, server);
    }

    /// Does what a page says, from the first command to the last.
    async fn reads(&mut self, page: &'static str) {
        self.page = page;
        for command in commands(page) {
            self.run += 1;
            println!("{page}: {command}");
            let mut words = command.split_whitespace();
            match (words.next().expect("it has words"), words.next().unwrap_or_default()) {
                ("cloister-node", "key") => self.has_keys(&command).await,
                ("cloister-node", "make-chain") => self.makes_chain(&command).await,
                ("cloister-node", "export-chain-spec") => {
                    self.succeeds(&command).await;
                }
                ("cloister-node", _) if command.contains("--sequencer-config") => {
                    self.lacks_proving_keys(&command).await
                }
                ("cloister-node", option) if option.starts_with("--") => self.serves(&command).await,
                ("cloister", "oracle") => {
                    let mut shell = self.shell(&format!("exec {}", self.own(&command)));
                    let child = shell.stdout(Stdio::null()).spawn().expect("there is a shell");
                    self.programs.push((command.clone(), child));
                }
                ("cloister", _) => self.trades(&command).await,
                ("for", "name") => {
                    let said = self.succeeds(&command).await;
                    let ids: Vec<&str> = said.lines().filter(|line| line.starts_with("12D3Koo")).collect();
                    assert_eq!(ids.len(), 2, "{said}");
                    self.names.insert("ID_OF_ALICE", ids[0].to_owned());
                }
                ("umask", "077;") => {
                    self.succeeds(&command).await;
                    let secret = fs::read_to_string(self.path("secret.hex")).expect("the file");
                    assert!(hex::decode(secret.trim()).is_ok_and(|secret| secret.len() == 32));
                }
                ("curl", _) => {
                    let said = self.succeeds(&command).await;
                    let answer: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{command}: {said}"));
                    for part in ["keys", "proof"] {
                        assert!(answer["result"][part].is_string(), "{command}: {answer}");
                    }
                }
                _ => panic!("{page}: nothing is known of {command}"),
            }
        }
    }

    /// A command about keys. What it says of new ones goes into the files that the pages name.
    async fn has_keys(&mut self, command: &str) {
        let said = self.succeeds(command).await;
        if !command.contains("key generate ") && !command.ends_with("key generate") {
            return;
        }
        let of = |what: &str| {
            let line = said.lines().find_map(|line| line.trim().strip_prefix(what));
            line.unwrap_or_else(|| panic!("{command}: {said}")).trim().to_owned()
        };
        let files = match behind(command, "--scheme") {
            Some("ed25519") => &["votes.phrase"][..],
            _ => &["blocks.phrase", "sequencer.phrase"][..],
        };
        for file in files {
            fs::write(self.path(file), of("Secret phrase:")).expect("written");
        }
        let public = of("Public key (hex):");
        let public = public.trim_start_matches("0x").to_owned();
        self.names.insert("PUBLIC_KEY_OF_THE_ACCOUNT", public);
    }

    /// A specification is made only when every public key is another one.
    async fn makes_chain(&mut self, command: &str) {
        if command.contains("--template") {
            self.succeeds(command).await;
            return;
        }
        let (good, said) = self.ends(command).await;
        assert!(!good && said.contains("keys are public"), "{said}");
        let genesis = self.path("genesis.json");
        let mut text = fs::read_to_string(&genesis).expect("the template");
        let known = Sr25519Keyring::iter().map(|key| key.public().to_ss58check());
        let voters = Ed25519Keyring::iter().map(|key| key.public().to_ss58check());
        for (number, address) in known.chain(voters).enumerate() {
            let own = sr25519::Pair::from_string(&format!("//Own//{number}"), None).expect("well-formed");
            text = text.replace(&address, &own.public().to_ss58check());
        }
        fs::write(&genesis, text).expect("written");
        self.succeeds(command).await;
    }

    /// A sequencer of a chain of one's own, with everything but the proving keys from the chain's ceremony, which is
    /// not held here: it says that they are what it lacks. What else its operator has is on the page of sequencers.
    async fn lacks_proving_keys(&mut self, command: &str) {
        if !self.path("secret.hex").exists() {
            let needs = commands("sequencers");
            for earlier in needs.iter().filter(|needed| !needed.contains("--sequencer-config")) {
                self.succeeds(earlier).await;
            }
        }
        let ports = format!("--rpc-port {} --port {} --no-prometheus", free_port(), free_port());
        let (good, said) = self.ends(&format!("{command} {ports}")).await;
        assert!(!good && said.contains("--sequencer-proving-key"), "{command}: {said}");
    }

    /// What runs beside the nodes has not ended by itself, and is stopped.
    async fn ends_programs(&mut self) {
        for (command, mut program) in std::mem::take(&mut self.programs) {
            let ended = program.try_wait().expect("it is known");
            assert!(ended.is_none(), "{command}: {ended:?}");
            program.kill().await.expect("it is stopped");
        }
    }

    /// The page is at its end: what it has started still runs, and stops in order.
    async fn is_done(&mut self) {
        self.ends_programs().await;
        for (_, server) in std::mem::take(&mut self.servers) {
            server.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_pages_should_do_what_they_say() {
    let _place = beside_another().await;
    let mut operator = Operator::new();
    let choices = file_of("operations", "toml").replace("127.0.0.1:9950", &free_address());
    fs::write(operator.path("sequencer.toml"), choices).expect("written");
    assert_eq!(
        commands("operations"),
        Vec::<String>::new(),
        "its file is all that it has"
    );
    for page in ["testnet", "sequencers", "validators", "order-entry", "governance"] {
        operator.reads(page).await;
        if page == "governance" {
            let node = operator.servers[RPC_PORT].url();
            names_should_be_known(&node).await;
        }
        operator.is_done().await;
    }
    assert!(operator.run >= 30, "{} commands", operator.run);
}

/// Every name of the chain in any page is one that the node's metadata has.
async fn names_should_be_known(url: &str) {
    let pages = fs::read_dir(DOCS).expect("the pages are there");
    let pages = pages.map(|entry| entry.expect("an entry").path().display().to_string());
    let mut arguments = vec!["check".to_owned(), url.to_owned()];
    arguments.extend(pages.filter(|page| page.ends_with(".md")));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let found = look_up(&arguments).await;
    for (kind, least) in [("tx", 15), ("query", 4), ("consts", 1), ("named", 40)] {
        assert!(found[kind].as_u64() >= Some(least), "{kind}: {found}");
    }
}
