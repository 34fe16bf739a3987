//! Folders and ports that a node meets: it starts where it can, and says in a sentence why not where it cannot.

use cloister_node::chain_spec;
use serde_json::Value;
use std::{
    fs::{self, File, Permissions},
    io::Read,
    net::{TcpListener, TcpStream},
    os::unix::fs::{symlink, PermissionsExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant, SystemTime},
};
use tempfile::TempDir;

/// Time in which a loaded machine starts a node, or has it refuse.
const PATIENCE: Duration = Duration::from_secs(120);

/// A node that ends with the test.
struct Node(Child);

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to stop.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(folder: &Path, arguments: &[&str]) -> Node {
    start_with(Command::new(env!("CARGO_BIN_EXE_cloister-node")), folder, arguments)
}

/// The same with another environment.
fn start_with(mut program: Command, folder: &Path, arguments: &[&str]) -> Node {
    let process = program
        .args([
            "--no-prometheus",
            "--no-telemetry",
            "--no-mdns",
            "--port",
            "0",
            "--base-path",
        ])
        .arg(folder)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    Node(process)
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there are free ports");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// Starts a node, waits until its server listens, and does something while it runs.
fn serves_while(folder: &Path, arguments: &[&str], work: impl FnOnce()) {
    let port = free_port();
    let node = start(folder, &[arguments, &["--rpc-port", &port.to_string()]].concat());
    serves_at(port, node, work);
}

fn serves_at(port: u16, mut node: Node, work: impl FnOnce()) {
    // Whoever does not read has the node wait.
    let mut log = node.0.stderr.take().expect("it is piped");
    let reader = thread::spawn(move || {
        let mut text = String::new();
        let _ = log.read_to_string(&mut text);
        text
    });
    let begin = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        let ended = node.0.try_wait().expect("it can be asked");
        if ended.is_some() || begin.elapsed() > PATIENCE {
            drop(node);
            panic!("no server: {}", reader.join().expect("it reads"));
        }
        thread::sleep(Duration::from_millis(200));
    }
    work();
}

/// Starts a node and waits until its server listens.
fn serves(folder: &Path, arguments: &[&str]) {
    serves_while(folder, arguments, || ());
}

/// What a node says that does not start.
fn refuses(folder: &Path, arguments: &[&str]) -> String {
    let mut node = start(folder, arguments);
    let mut log = node.0.stderr.take().expect("it is piped");
    let reader = thread::spawn(move || {
        let mut text = String::new();
        let _ = log.read_to_string(&mut text);
        text
    });
    let begin = Instant::now();
    let status = loop {
        match node.0.try_wait().expect("it can be asked") {
            Some(status) => break status,
            None if begin.elapsed() > PATIENCE => panic!("it runs"),
            None => thread::sleep(Duration::from_millis(100)),
        }
    };
    let said = reader.join().expect("it reads");
    assert!(!status.success(), "{said}");
    said
}

#[test]
fn a_validator_of_the_local_chain_should_start_in_a_clean_folder() {
    let folder = TempDir::new().expect("a folder");
    serves(folder.path(), &["--chain", "local", "--alice"]);
    // Its network key is kept, so that it is the same node when it is started again.
    let key = folder.path().join("chains/cloister_local/network/secret_ed25519");
    let made = fs::read(&key).expect("the key is there");
    serves(folder.path(), &["--chain", "local", "--alice"]);
    assert_eq!(fs::read(&key).expect("the key is there"), made);
}

#[test]
fn a_folder_should_be_refused_in_words_when_it_does_not_fit_the_node() {
    let folder = TempDir::new().expect("a folder");
    serves_while(folder.path(), &["--dev"], || {
        let said = refuses(folder.path(), &["--dev", "--rpc-port", "0"]);
        assert!(said.contains("another node runs on the folder"), "{said}");
    });

    let said = refuses(folder.path(), &["--dev", "--sequencer", "--rpc-port", "0"]);
    for part in [
        "was made by a node that forgets old states",
        "--base-path",
        "purge-chain",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = refuses(
        folder.path(),
        &["--dev", "--state-pruning", "archive", "--rpc-port", "0"],
    );
    assert!(said.contains("was made with another --state-pruning"), "{said}");

    // A chain of the same id with another first block.
    let spec = chain_spec::development().expect("the binary has the runtime");
    let mut other: Value = serde_json::from_str(&spec.as_json(true).expect("JSON")).expect("JSON");
    other["genesis"]["raw"]["top"]["0x00"] = "0x01".into();
    let file = folder.path().join("other.json");
    fs::write(&file, other.to_string()).expect("written");
    let said = refuses(folder.path(), &["--chain", &file.to_string_lossy(), "--rpc-port", "0"]);
    for part in ["holds another chain", "Cloister Development", "--base-path"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn a_port_that_is_taken_should_stop_the_node_before_anything_else() {
    let folder = TempDir::new().expect("a folder");
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("there are free ports");
    let port = taken.local_addr().expect("a bound socket has an address").port();
    let said = refuses(folder.path(), &["--dev", "--rpc-port", &port.to_string()]);
    let expected = format!("another program listens on 127.0.0.1:{port}");
    assert!(said.contains(&expected) && said.contains("--rpc-port"), "{said}");
    assert!(!folder.path().join("chains/cloister_dev/paritydb").exists());
}

/// What is compiled in a folder, and what was being written there.
fn modules(folder: &Path) -> Vec<PathBuf> {
    let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    let compilers = entries(&folder.join("modules"));
    compilers
        .flat_map(|compiler| entries(&compiler.path()).collect::<Vec<_>>())
        .map(|file| file.path())
        .collect()
}

/// Whether there is compiled code in this cache, and in the base path, once a node has started with them.
fn compiles_into(cache: &Path, base: &Path, chain: &str) -> [bool; 2] {
    let port = free_port();
    let mut program = Command::new(env!("CARGO_BIN_EXE_cloister-node"));
    program.env("CLOISTER_CACHE", cache);
    let node = start_with(program, base, &["--chain", chain, "--rpc-port", &port.to_string()]);
    serves_at(port, node, || ());
    [cache, base].map(|parent| {
        let folder = parent.join("compiled-runtimes");
        let is_used = !modules(&folder).is_empty();
        if is_used {
            let mode = fs::metadata(&folder).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{}", folder.display());
        }
        is_used
    })
}

#[test]
fn a_compiled_runtime_should_be_shared_by_chains_for_trying_out_and_by_no_others() {
    let folder = || TempDir::new().expect("a folder");
    let [cache, base] = [folder(), folder()];
    assert_eq!(compiles_into(cache.path(), base.path(), "dev"), [true, false]);

    // The same chain as one for money.
    let spec = chain_spec::development().expect("the binary has the runtime");
    let mut live: Value = serde_json::from_str(&spec.as_json(false).expect("JSON")).expect("JSON");
    live["chainType"] = "Live".into();
    let [cache, base] = [folder(), folder()];
    let file = base.path().join("live.json");
    fs::write(&file, live.to_string()).expect("written");
    let chain = file.to_string_lossy();
    assert_eq!(compiles_into(cache.path(), base.path(), &chain), [false, true]);
}

#[test]
fn a_compiled_runtime_should_be_where_nobody_else_can_write() {
    let folder = || TempDir::new().expect("a folder");
    let [cache, base] = [folder(), folder()];
    assert_eq!(compiles_into(cache.path(), base.path(), "dev"), [true, false]);

    // What was being written when a node was killed, an hour ago or just now.
    let compiled = modules(&cache.path().join("compiled-runtimes"));
    let unfinished = ["old", "new"].map(|age| compiled[0].with_file_name(format!("{age}.wip-atomic-write-mod")));
    let [old, _] = unfinished.clone().map(|path| File::create(path).expect("made"));
    let hour_ago = SystemTime::now() - Duration::from_secs(3_600);
    old.set_modified(hour_ago).expect("it has a time");
    assert_eq!(compiles_into(cache.path(), base.path(), "dev"), [true, false]);
    assert_eq!(unfinished.map(|path| path.exists()), [false, true]);

    // Where everybody can put another folder in its place, behind a link, and where there are no folders.
    fs::set_permissions(cache.path(), Permissions::from_mode(0o777)).expect("set");
    assert_eq!(compiles_into(cache.path(), base.path(), "dev"), [true, true]);
    let [cache, other] = [folder(), folder()];
    symlink(other.path(), cache.path().join("compiled-runtimes")).expect("linked");
    assert_eq!(compiles_into(cache.path(), base.path(), "dev"), [false, true]);
    let file = cache.path().join("file");
    fs::write(&file, "").expect("written");
    assert_eq!(compiles_into(&file, base.path(), "dev"), [false, true]);
}
