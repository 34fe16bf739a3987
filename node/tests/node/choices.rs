//! What an operator of a sequencer can choose.

use clap::{CommandFactory, Parser};
use cloister_engine::Rules;
use cloister_ledger::{Shape, SolvencyShape};
use cloister_node::{
    cli::Cli,
    sequencer::{ChoiceError, Choices, Chosen, Place, Span},
};
use cloister_runtime::AccountId;
use cloister_sequencer::{
    entry::Origins,
    limits::{Limits, Rate},
    BudgetTerms, GateTerms, LiquidationPolicy, SequencerConfig, StreamConfig,
};
use std::{collections::BTreeSet, fs, path::PathBuf, time::Duration};

/// The choices of a command line, without a file.
fn flags(arguments: &[&str]) -> Choices {
    let all = ["cloister-node", "--sequencer"].iter().chain(arguments);
    Cli::try_parse_from(all).expect("the flags are known").sequencer.choices
}

fn chosen(arguments: &[&str]) -> Chosen {
    Chosen::read(flags(arguments), None).expect("there is no file")
}

/// A file of choices in a folder of its own.
fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sequencer.toml");
    fs::write(&path, text).expect("written");
    (folder, path)
}

const EVERYTHING: &str = r#"
group = 7
secret = "secret.hex"
former-secret = ["old.hex", "/elsewhere/older.hex"]
proving-key = ["batch.key", "/elsewhere/wide.key"]
rekey-proving-key = "rekey.key"
solvency-proving-key = "solvency.key"
card = 0
compared = 20
maker-fee = 50
taker-fee = 400
payee = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
sweep-every = 12
settlement-slack = "45s"
max-backlog = "30s"
busy-patience = 1500
history = 5000
max-waiting = 77
collar = 20000
triggers = 8
tape-interval = "2s"
tape-delay = "9s"
unit-burst = 5
unit-rate = 6
unit-fee = 7
gate-table-age = "61s"
gate-unsettled = "62s"
gate-finality = "63s"
gate-round-lag = "64s"
two-blocks = "24s"
shape = ["standard", "maker"]
batch-age = "2s"
stale-after = "20s"
table-patience = "10s"
max-table-age = "70s"
table-margin = "1m"
poll = "250ms"
backoff = "1s"
rounds = true
round-patience = "2m"
round-pause = "0s"
liquidations-interval = "3s"
liquidations-delay = "4s"
open-interest-interval = "2m"
open-interest-delay = "7s"
open-interest-holders = 9
stream-interval = "50ms"
stream-queue = 100
stream-patience = "11s"
stream-market-messages = 101
stream-account-messages = 102
stream-memory = "12s"
rpc-listen = "127.0.0.1:9951"
rpc-trusted-proxy = ["10.0.0.0/8"]
rpc-origin = ["https://trade.example.org"]
limit-account-rate = 11
limit-account-burst = 12
limit-address-rate = 13
limit-address-burst = 14
limit-connections = 15
limit-connections-per-address = 16
limit-subscriptions = 17
limit-request-bytes = 5000
limit-answer-bytes = 300000
limit-calls = 18
liquidation-discount = 19
liquidation-house-leverage = 20
liquidation-batches = 21
checkpoint-batches = 22
checkpoint-age = "23s"
snapshot-every = 2400
journal-queue = 250
"#;

#[test]
fn every_choice_should_be_a_key_of_the_file() {
    let (folder, path) = file(&EVERYTHING.replace("table-margin = \"1m\"", "table-margin = \"50s\""));
    let chosen = Chosen::read(Choices::default(), Some(&path)).expect("read");
    let config = chosen.config(false).expect("inside every bound");
    let alice: AccountId = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
        .parse()
        .expect("an address");
    let default = SequencerConfig::new(7);
    let s = Duration::from_secs;
    let expected = SequencerConfig {
        shapes: vec![Shape::STANDARD, Shape::MAKER],
        rules: Rules {
            collar: Some(20_000),
            max_waiting: 8,
        },
        gate: GateTerms {
            table_age: s(61),
            unsettled_age: s(62),
            finality_lag: s(63),
            round_lag: s(64),
        },
        unit_budget: BudgetTerms {
            burst: 5,
            per_minute: 6,
            fee_per_unit: 7,
        },
        max_waiting: 77,
        tape_interval: s(2),
        tape_delay: s(9),
        two_blocks: s(24),
        payee: Some(alice.into()),
        batch_age: s(2),
        poll: Duration::from_millis(250),
        settlement_slack: s(45),
        stale_after: s(20),
        table_patience: s(10),
        max_table_age: s(70),
        table_margin: s(50),
        max_backlog: s(30),
        busy_patience: Duration::from_millis(1_500),
        sweep_every: Some(12),
        solvency: Some(SolvencyShape::STANDARD),
        round_patience: s(120),
        round_pause: s(0),
        history: 5_000,
        backoff: s(1),
        closings_interval: s(3),
        closings_delay: s(4),
        streams: StreamConfig {
            interval: Duration::from_millis(50),
            queue: 100,
            market_messages: 101,
            account_messages: 102,
            patience: s(11),
            memory: s(12),
            open_interest_interval: s(120),
            open_interest_delay: s(7),
            open_interest_holders: 9,
        },
        limits: Limits {
            account: Rate {
                per_second: 11,
                burst: 12,
            },
            address: Rate {
                per_second: 13,
                burst: 14,
            },
            connections: 15,
            connections_per_address: 16,
            subscriptions_per_connection: 17,
            request_bytes: 5_000,
            answer_bytes: 300_000,
            calls_per_batch: 18,
        },
        liquidation: LiquidationPolicy {
            discount: 19,
            house_leverage: 20,
        },
        liquidation_batches: 21,
        checkpoint_batches: 22,
        checkpoint_age: s(23),
        snapshot_every: 2_400,
        journal_queue: 250,
        ..default
    };
    assert_eq!((config.fees.maker, config.fees.taker), (50, 400));
    assert_eq!(
        SequencerConfig {
            fees: expected.fees,
            ..config
        },
        expected
    );
    assert_eq!(
        (chosen.compared().expect("there is a card"), chosen.get(|c| &c.card)),
        (20, Some(0))
    );
    let entry = chosen.entry(config.limits).expect("good").expect("it is asked for");
    assert_eq!((entry.listen.port(), entry.limits.calls_per_batch), (9_951, 18));
    assert_eq!(entry.trusted_proxies, ["10.0.0.0/8".parse().expect("a network")]);
    assert_eq!(entry.origins, Origins::Only(vec!["https://trade.example.org".into()]));
    // Relative to the folder of the file.
    let former = [folder.path().join("old.hex"), "/elsewhere/older.hex".into()];
    assert_eq!(chosen.former_secrets(), former);
    assert_eq!(chosen.get(|c| &c.secret), Some(folder.path().join("secret.hex")));
}

/// What the choices come to, in words, so that everything in it can be compared.
fn outcome(chosen: &Chosen) -> String {
    let config = chosen.config(false).expect("inside every bound");
    let entry = chosen.entry(config.limits).expect("there is an address");
    // Limits are in the configuration too.
    let entry = entry.map(|entry| (entry.listen, entry.trusted_proxies, entry.origins));
    let paths = (
        chosen.get(|c| &c.secret),
        chosen.former_secrets().to_vec(),
        chosen.proving_keys(),
        chosen.get(|c| &c.rekey_proving_key),
        chosen.get(|c| &c.solvency_proving_key),
    );
    let card = (chosen.get(|c| &c.card), chosen.compared().expect("there is a card"));
    format!("{config:?} {entry:?} {paths:?} {card:?}")
}

#[test]
fn every_flag_should_do_what_its_key_in_the_file_does_and_nothing_else_does() {
    // What some choices need beside them.
    let base = [
        ("card", "1"),
        ("rpc-listen", "127.0.0.1:9950"),
        ("solvency-proving-key", "/keys/solvency.key"),
    ];
    let lines = EVERYTHING.lines().filter_map(|line| line.split_once(" = "));
    let everything: Vec<_> = lines.collect();
    let command = Cli::command();
    let own = command.get_arguments().filter_map(|argument| argument.get_long());
    let own: BTreeSet<_> = own.filter_map(|long| long.strip_prefix("sequencer-")).collect();
    let own: BTreeSet<_> = own.into_iter().filter(|name| *name != "config").collect();
    let listed: BTreeSet<_> = everything.iter().map(|(name, _)| *name).collect();
    assert_eq!(own, listed, "every flag is a key, and every key a flag");
    let with = |name: &str, value: &str, more: &str| -> (String, String) {
        let chosen = base.iter().filter(|(key, _)| *key != name);
        let chosen: Vec<_> = chosen.copied().chain([(name, value)]).collect();
        let flags = chosen
            .iter()
            .flat_map(|(key, value)| [format!("--sequencer-{key}"), (*value).into()]);
        let flags: Vec<String> = flags.collect();
        let by_flags = self::chosen(&flags.iter().map(String::as_str).collect::<Vec<_>>());
        let others = base.iter().filter(|(key, _)| *key != name);
        let text: String = others
            .map(|(key, value)| match *key {
                "card" => format!("{key} = {value}\n"),
                _ => format!("{key} = \"{value}\"\n"),
            })
            .collect();
        let (_folder, path) = file(&format!("{text}{more}"));
        let by_file = Chosen::read(Choices::default(), Some(&path)).expect("read");
        (outcome(&by_flags), outcome(&by_file))
    };
    let mut seen = BTreeSet::from([with("card", "1", "card = 1\n").0]);
    for (name, value) in everything {
        // Paths that do not depend on the folder of the file, and sums that hold.
        let value = match name {
            "table-margin" => "\"20s\"".into(),
            "rounds" => "false".into(),
            "former-secret" => "[\"/elsewhere/older.hex\"]".into(),
            "proving-key" => "[\"/elsewhere/batch.key\"]".into(),
            // One of several, as a flag is given once here.
            "shape" => "[\"standard\"]".into(),
            "secret" | "rekey-proving-key" | "solvency-proving-key" => {
                format!("\"/elsewhere/{}", &value[1..])
            }
            _ => value.to_owned(),
        };
        let word = value.trim_matches(['[', ']', '"']);
        let (by_flag, by_file) = with(name, word, &format!("{name} = {value}\n"));
        assert_eq!(by_flag, by_file, "{name}");
        assert!(seen.insert(by_flag), "{name} changes nothing, or what another one does");
    }
}

#[test]
fn a_flag_should_win_over_the_file_and_the_file_over_the_default() {
    let (_folder, path) = file("maker-fee = 50\nbatch-age = 3000\nformer-secret = [\"old.hex\"]\n");
    let flags = flags(&["--sequencer-batch-age", "1s", "--sequencer-former-secret", "mine.hex"]);
    let chosen = Chosen::read(flags, Some(&path)).expect("read");
    let config = chosen.config(true).expect("inside every bound");
    assert_eq!(config.batch_age, Duration::from_secs(1));
    assert_eq!((config.fees.maker, config.fees.taker), (50, 500));
    assert_eq!(chosen.former_secrets(), [PathBuf::from("mine.hex")]);
    assert_eq!(config.solvency, Some(SolvencyShape::DEV));
}

#[test]
fn nothing_chosen_should_be_the_defaults_of_the_service() {
    let defaults = SequencerConfig::new(1);
    assert_eq!(chosen(&[]).config(false).expect("good"), defaults);
    let development = SequencerConfig {
        solvency: Some(SolvencyShape::DEV),
        ..defaults
    };
    assert_eq!(chosen(&[]).config(true).expect("good"), development);
    assert_eq!(chosen(&[]).compared().expect("good"), 10);
}

#[test]
fn a_value_outside_its_bounds_should_be_refused_with_its_flag_its_value_and_the_bounds() {
    for (flag, value, least, most) in [
        ("poll", "5ms", "20ms", "10s"),
        ("poll", "11s", "20ms", "10s"),
        ("batch-age", "0", "100ms", "60s"),
        ("settlement-slack", "9s", "10s", "600s"),
        ("stale-after", "51s", "1s", "50s"),
        ("max-table-age", "121s", "10s", "120s"),
        ("table-margin", "1s", "10s", "120s"),
        ("max-backlog", "0s", "1s", "600s"),
        ("busy-patience", "601s", "0ns", "600s"),
        ("round-pause", "2h", "0ns", "3600s"),
        ("backoff", "1ms", "10ms", "60s"),
        ("history", "10", "1000", "10000000"),
        ("taker-fee", "100001", "0", "100000"),
        ("sweep-every", "0", "1", "1000000"),
        ("collar", "1000001", "1", "1000000"),
        ("triggers", "0", "1", "1024"),
        ("tape-interval", "0", "1ms", "60s"),
        ("tape-delay", "2h", "0ns", "3600s"),
        ("max-waiting", "0", "1", "100000"),
        ("unit-burst", "0", "1", "10000"),
        ("unit-rate", "0", "1", "10000"),
        ("unit-fee", "1000000001", "0", "1000000000"),
        ("gate-table-age", "121s", "10s", "120s"),
        ("gate-unsettled", "1s", "10s", "3600s"),
        ("gate-finality", "2h", "10s", "3600s"),
        ("gate-round-lag", "25h", "0ns", "86400s"),
        ("two-blocks", "61s", "1s", "60s"),
        ("liquidations-interval", "0", "1ms", "3600s"),
        ("liquidations-delay", "61m", "0ns", "3600s"),
        ("open-interest-interval", "999ms", "1s", "86400s"),
        ("open-interest-delay", "61m", "0ns", "3600s"),
        ("open-interest-holders", "0", "1", "1000000"),
        ("stream-interval", "9ms", "10ms", "10s"),
        ("stream-queue", "7", "8", "1000000"),
        ("stream-patience", "99ms", "100ms", "600s"),
        ("stream-market-messages", "7", "8", "1000000"),
        ("stream-account-messages", "1000001", "8", "1000000"),
        ("stream-memory", "25h", "0ns", "86400s"),
        ("limit-account-rate", "0", "1", "1000000"),
        ("limit-account-burst", "0", "1", "1000000"),
        ("limit-address-rate", "0", "1", "1000000"),
        ("limit-address-burst", "0", "1", "1000000"),
        ("limit-connections", "0", "1", "1000000"),
        ("limit-connections-per-address", "0", "1", "1000000"),
        ("limit-subscriptions", "0", "1", "10000"),
        ("limit-request-bytes", "4095", "4096", "16777216"),
        ("limit-answer-bytes", "262143", "262144", "67108864"),
        ("limit-calls", "1001", "1", "1000"),
        ("liquidation-discount", "100001", "0", "100000"),
        ("liquidation-house-leverage", "10001", "0", "10000"),
        ("liquidation-batches", "0", "1", "64"),
        ("checkpoint-batches", "0", "1", "100000"),
        ("checkpoint-age", "9s", "10s", "86400s"),
        ("snapshot-every", "999", "1000", "100000000"),
        ("journal-queue", "99", "100", "1000000"),
    ] {
        let error = chosen(&[&format!("--sequencer-{flag}"), value])
            .config(true)
            .expect_err(flag);
        match &error {
            ChoiceError::Bounds {
                place,
                least: found_least,
                most: found_most,
                ..
            } => {
                assert_eq!(place.to_string(), format!("--sequencer-{flag}"));
                assert_eq!((found_least.as_str(), found_most.as_str()), (least, most), "{flag}");
            }
            other => panic!("{flag}: {other}"),
        }
        let sentence = error.to_string();
        assert!(
            sentence.ends_with(&format!("it must be from {least} to {most}")),
            "{sentence}"
        );
    }
    let (_folder, path) = file("poll = \"1m\"\n");
    let error = Chosen::read(Choices::default(), Some(&path))
        .expect("read")
        .config(true);
    let sentence = error.expect_err("too slow").to_string();
    assert_eq!(
        sentence,
        format!("`poll` in {} is 60s; it must be from 20ms to 10s", path.display())
    );
}

#[test]
fn values_that_exclude_each_other_should_be_refused_with_both_names() {
    let error = chosen(&["--sequencer-max-table-age", "90s"])
        .config(true)
        .expect_err("130 s together");
    match &error {
        ChoiceError::Sum { first, second, sum, .. } => {
            assert_eq!(*first, Place::Flag("max-table-age"));
            assert_eq!(*second, Place::Default("table-margin"));
            assert_eq!(*sum, Span(Duration::from_secs(130)));
        }
        other => panic!("{other}"),
    }
    let error = chosen(&["--sequencer-max-table-age", "15s"])
        .config(true)
        .expect_err("patience is 20 s");
    assert!(
        matches!(
            &error,
            ChoiceError::Order {
                place: Place::Default("table-patience"),
                bound: Place::Flag("max-table-age"),
                ..
            }
        ),
        "{error}"
    );
    let error = chosen(&["--sequencer-compared", "5"]).compared().expect_err("no card");
    assert!(matches!(error, ChoiceError::NoCard(Place::Flag("compared"))), "{error}");
    let error = chosen(&["--sequencer-rounds", "true"])
        .config(false)
        .expect_err("no key");
    assert!(
        matches!(error, ChoiceError::NoRoundKey(Place::Flag("rounds"))),
        "{error}"
    );
    let error = chosen(&["--sequencer-rpc-origin", "all"])
        .entry(Limits::default())
        .expect_err("no address");
    assert!(
        matches!(error, ChoiceError::NoServer(Place::Flag("rpc-origin"))),
        "{error}"
    );
    assert_eq!(
        chosen(&["--sequencer-rounds", "false"])
            .config(true)
            .expect("good")
            .solvency,
        None
    );
}

#[test]
fn a_file_that_cannot_be_understood_should_be_refused_with_the_place() {
    for (text, part) in [
        ("batch-ages = 5\n", "batch-ages"),
        ("batch-age = \"soon\"\n", "soon"),
        ("batch-age = -5\n", "-5"),
        ("group = \"one\"\n", "group"),
        ("shape = [\"huge\"]\n", "huge"),
        ("group = 1\ngroup = 2\n", "duplicate"),
        ("rpc-trusted-proxy = [\"nowhere\"]\n", "nowhere"),
    ] {
        let (_folder, path) = file(text);
        let error = Chosen::read(Choices::default(), Some(&path)).expect_err(text);
        assert!(
            matches!(&error, ChoiceError::Syntax { path: named, .. } if *named == path),
            "{error}"
        );
        let sentence = error.to_string();
        assert!(sentence.contains(part) && sentence.contains("line "), "{sentence}");
    }
    let missing = PathBuf::from("/nowhere/sequencer.toml");
    let error = Chosen::read(Choices::default(), Some(&missing)).expect_err("not there");
    assert!(
        matches!(&error, ChoiceError::File { path, .. } if *path == missing),
        "{error}"
    );
}

#[test]
fn no_choice_should_be_made_without_a_sequencer() {
    let command = Cli::command();
    let own = command.get_arguments().filter(|argument| {
        let long = argument.get_long().unwrap_or_default();
        long.starts_with("sequencer-")
    });
    let own: Vec<_> = own.collect();
    assert!(own.len() > 25, "{}", own.len());
    for argument in own {
        let long = argument.get_long().expect("it has one");
        let heading = argument.get_help_heading().unwrap_or_default();
        assert!(heading.starts_with("Sequencer"), "{long}: {heading}");
        let value = match long {
            "sequencer-rounds" => "true",
            "sequencer-shape" => "dev",
            "sequencer-rpc-listen" => "127.0.0.1:1",
            "sequencer-rpc-trusted-proxy" => "10.0.0.0/8",
            "sequencer-rpc-origin" => "all",
            "sequencer-payee" => "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
            _ => "1",
        };
        let alone = Cli::try_parse_from(["cloister-node", &format!("--{long}"), value]);
        let error = alone.expect_err(long);
        assert_eq!(error.kind(), clap::error::ErrorKind::MissingRequiredArgument, "{error}");
    }
}

#[test]
fn the_help_should_say_the_defaults_that_are_used() {
    let default = SequencerConfig::new(1);
    let span = |duration: Duration| Span(duration).to_string();
    let defaults = [
        ("group", default.group.to_string()),
        ("compared", "10".into()),
        ("maker-fee", default.fees.maker.to_string()),
        ("taker-fee", default.fees.taker.to_string()),
        ("settlement-slack", span(default.settlement_slack)),
        ("max-backlog", span(default.max_backlog)),
        ("busy-patience", span(default.busy_patience)),
        ("history", default.history.to_string()),
        ("max-waiting", default.max_waiting.to_string()),
        ("triggers", default.rules.max_waiting.to_string()),
        ("tape-interval", span(default.tape_interval)),
        ("tape-delay", span(default.tape_delay)),
        ("unit-burst", default.unit_budget.burst.to_string()),
        ("unit-rate", default.unit_budget.per_minute.to_string()),
        ("unit-fee", default.unit_budget.fee_per_unit.to_string()),
        ("gate-table-age", span(default.gate.table_age)),
        ("gate-unsettled", span(default.gate.unsettled_age)),
        ("gate-finality", span(default.gate.finality_lag)),
        ("gate-round-lag", span(default.gate.round_lag)),
        ("two-blocks", span(default.two_blocks)),
        ("batch-age", span(default.batch_age)),
        ("stale-after", span(default.stale_after)),
        ("table-patience", span(default.table_patience)),
        ("max-table-age", span(default.max_table_age)),
        ("table-margin", span(default.table_margin)),
        ("poll", span(default.poll)),
        ("backoff", span(default.backoff)),
        ("round-patience", span(default.round_patience)),
        ("round-pause", span(default.round_pause)),
        ("liquidations-interval", span(default.closings_interval)),
        ("liquidations-delay", span(default.closings_delay)),
        ("open-interest-interval", span(default.streams.open_interest_interval)),
        ("open-interest-delay", span(default.streams.open_interest_delay)),
        (
            "open-interest-holders",
            default.streams.open_interest_holders.to_string(),
        ),
        ("stream-interval", span(default.streams.interval)),
        ("stream-queue", default.streams.queue.to_string()),
        ("stream-patience", span(default.streams.patience)),
        ("stream-market-messages", default.streams.market_messages.to_string()),
        ("stream-account-messages", default.streams.account_messages.to_string()),
        ("stream-memory", span(default.streams.memory)),
        ("limit-account-rate", default.limits.account.per_second.to_string()),
        ("limit-account-burst", default.limits.account.burst.to_string()),
        ("limit-address-rate", default.limits.address.per_second.to_string()),
        ("limit-address-burst", default.limits.address.burst.to_string()),
        ("limit-connections", default.limits.connections.to_string()),
        (
            "limit-connections-per-address",
            default.limits.connections_per_address.to_string(),
        ),
        (
            "limit-subscriptions",
            default.limits.subscriptions_per_connection.to_string(),
        ),
        ("limit-request-bytes", default.limits.request_bytes.to_string()),
        ("limit-answer-bytes", default.limits.answer_bytes.to_string()),
        ("limit-calls", default.limits.calls_per_batch.to_string()),
        ("liquidation-discount", default.liquidation.discount.to_string()),
        (
            "liquidation-house-leverage",
            default.liquidation.house_leverage.to_string(),
        ),
        ("liquidation-batches", default.liquidation_batches.to_string()),
        ("checkpoint-batches", default.checkpoint_batches.to_string()),
        ("checkpoint-age", span(default.checkpoint_age)),
        ("snapshot-every", default.snapshot_every.to_string()),
        ("journal-queue", default.journal_queue.to_string()),
    ];
    let command = Cli::command();
    for (name, value) in defaults {
        let long = format!("sequencer-{name}");
        let argument = command
            .get_arguments()
            .find(|argument| argument.get_long() == Some(&long));
        let help = argument
            .and_then(|argument| argument.get_help())
            .expect(name)
            .to_string();
        assert!(help.ends_with(&format!("[default: {value}]")), "{name}: {help}");
    }
}
