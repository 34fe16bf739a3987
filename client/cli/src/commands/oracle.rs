//! `cloister oracle feed`.

use super::error::CommandError;
use crate::cli::{FeedArguments, Global};
use cloister_cli::{
    prices::{read_file, PriceError, Quote, Said, Source, Walk},
    progress::Progress,
};
use cloister_client::{
    chain::Chain,
    instrument::list,
    oracle::{self, expect_operator, feeds_called, listed_feeds, ListedFeed, OracleError},
};
use cloister_client_core::{amount::Decimal, owner::OwnerKey};
use cloister_runtime::{configs::oracle::FeedId, AccountId};
use polkadot_sdk::sp_core::crypto::Ss58Codec;
use std::{fs, io, os::unix::fs::PermissionsExt, path::Path};
use tokio::signal::unix::{signal, SignalKind};

/// Feeds prices until it is stopped, or there are no more.
pub async fn feed(global: &Global, arguments: &FeedArguments) -> Result<(), CommandError> {
    let mut source = source(arguments)?;
    let own = key(arguments)?;
    let mut chain = global.connect().await?;
    let operator = match own {
        Some(key) => key,
        None if chain.is_development().await? => oracle::operator(),
        None => return Err(CommandError::NoOperatorKey),
    };
    let account = AccountId::new(operator.public());
    expect_operator(&chain, &account).await?;
    let feeds = Feeds {
        bare: unnamed(&chain, global.group, &arguments.feed).await?,
        listed: listed_feeds(&chain).await?,
    };
    let progress = Progress::begin();
    progress.say(format!(
        "feeding the oracle as {}, {}",
        account.to_ss58check(),
        origin(arguments)
    ));
    let mut stop = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
    let [Ok(interrupt), Ok(terminate)] = &mut stop else {
        return Err(CommandError::Signals(io::ErrorKind::Other.into()));
    };
    let mut round = 0;
    loop {
        let done = tokio::select! {
            done = one(global, &mut chain, &operator, &feeds, &mut source, &progress, round == 0) => done?,
            _ = interrupt.recv() => return Ok(()),
            _ = terminate.recv() => return Ok(()),
        };
        round += 1;
        if !done || arguments.rounds.is_some_and(|rounds| round >= rounds) {
            return Ok(());
        }
        if source.has_own_pace() {
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(arguments.every) => {}
            _ = interrupt.recv() => return Ok(()),
            _ = terminate.recv() => return Ok(()),
        }
    }
}

/// One round; false if there are no more prices. In the first one every failure is told at once; later ones may be over
/// in the next round.
async fn one(
    global: &Global,
    chain: &mut Chain,
    operator: &OwnerKey,
    feeds: &Feeds,
    source: &mut Source,
    progress: &Progress,
    first: bool,
) -> Result<bool, CommandError> {
    let quotes = match source.next().await {
        Ok(Some(quotes)) => quotes,
        Ok(None) => return Ok(false),
        Err(error) if !first && Source::may_recover(&error) => {
            progress.say(format!("nothing was fed in this round: {error}"));
            return Ok(true);
        }
        Err(error) => return Err(error.into()),
    };
    let prices = feeds.prices(&quotes)?;
    match oracle::feed_as(chain, operator, &prices).await {
        Ok(included) => {
            let shown: Vec<String> = prices.iter().map(|(feed, price)| feeds.show(*feed, *price)).collect();
            say!("block {:?}: {}", included.block, shown.join(", "));
        }
        Err(error) => {
            let error = CommandError::from(error);
            if first || !error.is_silence() {
                return Err(error);
            }
            progress.say(format!("it is not known whether this round was fed: {error}"));
            // It fails as well while the node is away; the next round tries again.
            if let Ok(anew) = global.connect().await {
                *chain = anew;
            }
        }
    }
    Ok(true)
}

fn source(arguments: &FeedArguments) -> Result<Source, PriceError> {
    if let Some(path) = &arguments.file {
        return Ok(Source::Rounds(read_file(path)?.into_iter()));
    }
    if let Some(command) = &arguments.command {
        return Said::start(command).map(Source::Command);
    }
    if let Some(url) = &arguments.url {
        return Ok(Source::Web(url.clone()));
    }
    match arguments.simulate.is_empty() {
        true => Ok(Source::Fixed(arguments.price.clone())),
        false => Walk::new(&arguments.simulate, arguments.seed).map(Source::Simulated),
    }
}

/// What a person should know of where the prices come from.
fn origin(arguments: &FeedArguments) -> String {
    let every = arguments.every.as_secs_f64();
    match (&arguments.file, &arguments.command, &arguments.url) {
        (Some(path), ..) => format!("with the lines of {}, one every {every} s", path.display()),
        (_, Some(command), _) => format!("with what `{command}` says"),
        (.., Some(url)) => format!("with what {url} says every {every} s"),
        _ if arguments.simulate.is_empty() => format!("with the same prices every {every} s"),
        _ => format!("with SIMULATED prices of the seed {} every {every} s", arguments.seed),
    }
}

/// The operator's key, if one is named.
fn key(arguments: &FeedArguments) -> Result<Option<OwnerKey>, CommandError> {
    let uri = match (&arguments.suri, &arguments.key_file) {
        (Some(uri), _) => uri.clone(),
        (None, Some(path)) => read_key(path)?,
        (None, None) => return Ok(None),
    };
    Ok(Some(OwnerKey::from_uri(uri.trim())?))
}

pub(super) fn read_key(path: &Path) -> Result<String, CommandError> {
    let file = |source| CommandError::KeyFile {
        path: path.into(),
        source,
    };
    let mode = fs::metadata(path).map_err(file)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(CommandError::KeyExposed {
            path: path.into(),
            mode,
        });
    }
    fs::read_to_string(path).map_err(file)
}

/// The feeds of prices without a name.
async fn unnamed(chain: &Chain, group: u32, named: &[String]) -> Result<Vec<String>, CommandError> {
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    let instruments = list(chain, group).await?;
    Ok(match instruments.as_slice() {
        [(_, name)] => vec![name.clone()],
        _ => Vec::new(),
    })
}

/// What the chain has feeds for.
struct Feeds {
    listed: Vec<ListedFeed>,
    /// What prices without a name are for.
    bare: Vec<String>,
}

impl Feeds {
    /// A price for each feed that is meant.
    fn prices(&self, quotes: &[Quote]) -> Result<Vec<(FeedId, Decimal)>, CommandError> {
        let mut prices: Vec<(FeedId, Decimal)> = Vec::new();
        for quote in quotes {
            let names = quote.name.as_ref().map_or(self.bare.as_slice(), std::slice::from_ref);
            if names.is_empty() {
                return Err(CommandError::WhichFeed(quote.price.to_string()));
            }
            for name in names {
                for feed in feeds_called(&self.listed, name)? {
                    if prices.iter().any(|(other, _)| *other == feed) {
                        return Err(CommandError::FeedTwice(feed));
                    }
                    prices.push((feed, quote.price));
                }
            }
        }
        match prices.iter().find(|(_, price)| price.is_zero()) {
            Some((feed, _)) => Err(OracleError::Zero(*feed).into()),
            None => Ok(prices),
        }
    }

    fn show(&self, feed: FeedId, price: Decimal) -> String {
        let listed = self.listed.iter().find(|listed| listed.id == feed);
        match listed {
            Some(listed) => format!("{}/{} {price}", listed.instrument, listed.what),
            None => format!("feed {feed} {price}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feeds(bare: &[&str]) -> Feeds {
        let listed = |id, instrument: &str, what| ListedFeed {
            id,
            instrument: instrument.into(),
            what,
        };
        Feeds {
            listed: vec![
                listed(1, "BTC-PERP", "index"),
                listed(2, "BTC-PERP", "perpetual"),
                listed(3, "ETH-PERP", "index"),
            ],
            bare: bare.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn quotes(line: &str) -> Vec<Quote> {
        cloister_cli::prices::parse_line(line).expect("quotes")
    }

    #[test]
    fn prices_should_go_to_the_feeds_that_are_meant() {
        let ids = |bare: &[&str], line: &str| -> Vec<FeedId> {
            let prices = feeds(bare).prices(&quotes(line)).expect("feeds");
            prices.iter().map(|(feed, _)| *feed).collect()
        };
        assert_eq!(ids(&[], "btc-perp=5 ETH-PERP=6"), [1, 2, 3]);
        assert_eq!(ids(&[], "BTC-PERP/index=5,2=6"), [1, 2]);
        assert_eq!(ids(&["3", "BTC-PERP/perpetual"], "5"), [3, 2]);
        let refused = |bare: &[&str], line: &str| feeds(bare).prices(&quotes(line)).expect_err(line).to_string();
        assert!(refused(&[], "5").contains("--feed"));
        assert!(refused(&[], "SOL-PERP=5").contains("BTC-PERP/index (1), BTC-PERP/perpetual (2), ETH-PERP/index (3)"));
        assert!(refused(&[], "BTC-PERP=5 1=6").contains("twice"));
    }
}
