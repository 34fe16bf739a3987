//! The sequencer's set-up agrees with the development chain's genesis.

use clap::Parser;
use cloister_node::sequencer::{ChoiceError, Chosen, SequencerOptions};
use cloister_runtime::constants::development::SEAL_SEED;
use cloister_sequencer::{
    entry::{EntryConfig, Origins},
    keys::development_seed,
    limits::Limits,
};

#[test]
fn the_sequencers_public_seed_should_be_the_one_of_the_development_chain() {
    assert_eq!(development_seed(), SEAL_SEED);
}

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    sequencer: SequencerOptions,
}

fn parsed(flags: &str) -> Result<Chosen, clap::Error> {
    let parsed = Flags::try_parse_from(["cloister-node"].into_iter().chain(flags.split_whitespace()))?;
    Ok(Chosen::read(parsed.sequencer.choices, None).unwrap())
}

fn entry(flags: &str) -> Result<Option<EntryConfig>, ChoiceError> {
    parsed(flags).unwrap().entry(Limits::default())
}

#[test]
fn the_sequencers_own_server_should_be_what_its_flags_say() {
    assert_eq!(entry("--sequencer").unwrap(), None);
    let flags = "--sequencer --sequencer-rpc-listen 127.0.0.1:9950 --sequencer-rpc-trusted-proxy 10.0.0.0/8 \
                 --sequencer-rpc-origin https://trade.example.org";
    let config = entry(flags).unwrap().unwrap();
    assert_eq!(config.listen, ([127, 0, 0, 1], 9950).into());
    assert_eq!(config.trusted_proxies, ["10.0.0.0/8".parse().unwrap()]);
    assert_eq!(config.origins, Origins::Only(vec!["https://trade.example.org".into()]));
    let open = entry("--sequencer --sequencer-rpc-listen [::1]:0 --sequencer-rpc-origin all").unwrap();
    assert_eq!(open.unwrap().origins, Origins::Any);
    // No flag stands without what it belongs to.
    for wrong in [
        "--sequencer-rpc-listen 127.0.0.1:9950",
        "--sequencer --sequencer-rpc-listen 9950",
    ] {
        assert!(parsed(wrong).is_err(), "{wrong}");
    }
    for alone in [
        "--sequencer --sequencer-rpc-origin all",
        "--sequencer --sequencer-rpc-trusted-proxy 10.0.0.0/8",
    ] {
        assert!(matches!(entry(alone), Err(ChoiceError::NoServer(_))), "{alone}");
    }
}
