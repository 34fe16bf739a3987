//! Rounds in a CSV file. The first line names a feed for each column, or `price` for those that the command line names;
//! a column `time` is passed over. Every line after it is a round.

use super::{PriceError, Quote};
use csv::{ReaderBuilder, Trim};
use std::{fs::File, path::Path};

/// Name of the column for what the command line names.
const PRICE: &str = "price";
/// Name of a column that says nothing here.
const TIME: &str = "time";

/// Reads and checks all rounds of a file.
///
/// # Errors
/// [`PriceError`].
pub fn read_file(path: &Path) -> Result<Vec<Vec<Quote>>, PriceError> {
    let malformed = |source| PriceError::Csv {
        path: path.into(),
        source,
    };
    let file = File::open(path).map_err(|source| PriceError::File {
        path: path.into(),
        source,
    })?;
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(file);
    let columns: Vec<String> = reader.headers().map_err(malformed)?.iter().map(Into::into).collect();
    let mut rounds = Vec::new();
    for record in reader.records() {
        let record = record.map_err(malformed)?;
        let line = record.position().map_or(0, csv::Position::line);
        let fields = columns.iter().zip(record.iter()).filter(|(column, _)| *column != TIME);
        let round = fields.map(|(column, field)| match field {
            "" => Err(PriceError::Gap {
                path: path.into(),
                line,
                feed: column.clone(),
            }),
            field => quote(column, field).map_err(|error| PriceError::InLine {
                path: path.into(),
                line,
                error: Box::new(error),
            }),
        });
        rounds.push(round.collect::<Result<Vec<_>, _>>()?);
    }
    match rounds.iter().any(|round| !round.is_empty()) {
        true => Ok(rounds),
        false => Err(PriceError::NoRows(path.into())),
    }
}

fn quote(column: &str, field: &str) -> Result<Quote, PriceError> {
    let price: cloister_client_core::amount::Decimal = field.parse()?;
    let name = (column != PRICE).then(|| column.to_owned());
    match price.is_zero() {
        true => Err(PriceError::Zero),
        false => Ok(Quote { name, price }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use tempfile::tempdir;

    fn read(text: &str) -> Result<Vec<Vec<Quote>>, String> {
        let folder = tempdir().expect("a folder");
        let path = folder.path().join("prices.csv");
        fs::write(&path, text).expect("written");
        read_file(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn every_line_should_be_a_round_with_a_price_for_each_feed() {
        let rounds = read("time,BTC-PERP,ETH-PERP/index\n1,60000,3000\n2, 60010.5 ,2999\n").expect("two rounds");
        let said: Vec<Vec<String>> = rounds
            .iter()
            .map(|round| {
                let shown = |quote: &Quote| format!("{}={}", quote.name.as_deref().unwrap_or("-"), quote.price);
                round.iter().map(shown).collect()
            })
            .collect();
        assert_eq!(
            said,
            [
                ["BTC-PERP=60000", "ETH-PERP/index=3000"],
                ["BTC-PERP=60010.5", "ETH-PERP/index=2999"]
            ]
        );
        assert_eq!(read("price\n5\n").expect("a round")[0][0].name, None);
    }

    #[test]
    fn a_file_should_be_refused_with_the_line_that_is_wrong() {
        for (text, part) in [
            ("BTC-PERP,ETH-PERP\n1,2\n3,\n", "line 3: there is no price for ETH-PERP"),
            ("BTC-PERP\n5\n0\n", "line 3: a price is zero"),
            ("BTC-PERP\nfive\n", "line 2: "),
            ("BTC-PERP,ETH-PERP\n1\n", "1 field"),
            ("BTC-PERP\n", "has no prices"),
            ("", "has no prices"),
            ("time\n5\n", "has no prices"),
        ] {
            let error = read(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
        assert!(matches!(
            read_file(Path::new("/nowhere/prices.csv")),
            Err(PriceError::File { .. })
        ));
    }
}
