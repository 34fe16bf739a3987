//! What a node tells monitoring (Q-METRICS), read as monitoring reads it.

use std::{collections::BTreeMap, io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why metrics cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// The connection failed.
    #[error("the metrics cannot be read: {0}")]
    Io(#[from] io::Error),
    /// The node took too long.
    #[error("the node did not give its metrics within {} s", PATIENCE.as_secs())]
    Late,
    /// The answer is not one of a server of metrics.
    #[error("the node gave no metrics: {0}")]
    Answer(String),
}

/// Samples by their names with labels, as they stand in the text: `cloister_age_seconds{stage="table"}`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metrics(BTreeMap<String, f64>);

/// Reads the metrics of a node of this machine.
///
/// # Errors
/// [`MetricsError`].
pub async fn read(port: u16) -> Result<Metrics, MetricsError> {
    let answer = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        let request = "GET /metrics HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok::<_, MetricsError>(answer)
    };
    let answer = tokio::time::timeout(PATIENCE, answer)
        .await
        .map_err(|_| MetricsError::Late)??;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.lines().next().is_some_and(|status| status.contains(" 200")) => {
            Ok(Metrics::parse(body))
        }
        _ => Err(MetricsError::Answer(answer.lines().next().unwrap_or_default().into())),
    }
}

impl Metrics {
    /// Reads the text of an answer. Lines that are no samples are passed over.
    pub fn parse(text: &str) -> Self {
        let samples = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
            let (name, value) = line.trim().rsplit_once(' ')?;
            Some((name.trim().to_owned(), value.parse().ok()?))
        });
        Self(samples.collect())
    }

    /// The sample with a name without labels, or the one that has this label too.
    pub fn get(&self, name: &str, label: Option<(&str, &str)>) -> Option<f64> {
        let has = |key: &str| {
            let (base, labels) = key.split_once('{').unwrap_or((key, ""));
            base == name && label.is_none_or(|(label, value)| labels.contains(&format!("{label}=\"{value}\"")))
        };
        self.0.iter().find(|(key, _)| has(key)).map(|(_, value)| *value)
    }

    /// The upper end of the class of a histogram below which this many of a hundred observations are; `None` while
    /// there are none, or where it is the class without an end.
    pub fn at_most(&self, name: &str, percent: f64) -> Option<f64> {
        let bucket = format!("{name}_bucket");
        let total = self.get(&format!("{name}_count"), None).filter(|count| *count > 0.0)?;
        let mut classes: Vec<(f64, f64)> = self
            .0
            .iter()
            .filter(|(key, _)| key.split('{').next() == Some(&bucket))
            .filter_map(|(key, count)| {
                let end = key.split("le=\"").nth(1)?.split('"').next()?;
                Some((end.parse().ok()?, *count))
            })
            .collect();
        classes.sort_by(|one, other| one.0.total_cmp(&other.0));
        let wanted = total * percent / 100.0;
        let class = classes.into_iter().find(|(_, count)| *count >= wanted)?;
        class.0.is_finite().then_some(class.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP cloister_age_seconds how old\n\
        # TYPE cloister_age_seconds gauge\n\
        cloister_age_seconds{chain=\"dev\",stage=\"table\"} 3.5\n\
        cloister_age_seconds{chain=\"dev\",stage=\"unsettled\"} 7\n\
        cloister_fills_total{chain=\"dev\"} 12\n\
        cloister_admission_seconds_bucket{chain=\"dev\",le=\"0.001\"} 5\n\
        cloister_admission_seconds_bucket{chain=\"dev\",le=\"0.01\"} 99\n\
        cloister_admission_seconds_bucket{chain=\"dev\",le=\"+Inf\"} 100\n\
        cloister_admission_seconds_count{chain=\"dev\"} 100\n";

    #[test]
    fn a_sample_should_be_found_by_its_name_and_a_label() {
        let metrics = Metrics::parse(TEXT);
        assert_eq!(
            metrics.get("cloister_age_seconds", Some(("stage", "unsettled"))),
            Some(7.0)
        );
        assert_eq!(metrics.get("cloister_fills_total", None), Some(12.0));
        assert_eq!(metrics.get("cloister_fills", None), None);
        assert_eq!(metrics.get("cloister_age_seconds", Some(("stage", "finality"))), None);
    }

    #[test]
    fn a_percentile_should_be_the_upper_end_of_its_class() {
        let metrics = Metrics::parse(TEXT);
        assert_eq!(metrics.at_most("cloister_admission_seconds", 5.0), Some(0.001));
        assert_eq!(metrics.at_most("cloister_admission_seconds", 50.0), Some(0.01));
        // The slowest is beyond the last class that has an end.
        assert_eq!(metrics.at_most("cloister_admission_seconds", 100.0), None);
        assert_eq!(metrics.at_most("cloister_proving_seconds", 50.0), None);
    }
}
