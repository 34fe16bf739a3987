//! Prices of a server on this machine. A server elsewhere is not asked: whoever is between could set the price.

use super::PriceError;
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    str::FromStr,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long an answer may be, bytes.
const LONGEST: u64 = 65_536;
/// Where web servers listen unless they say otherwise.
const PORT: u16 = 80;

/// An address of HTTP on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalUrl {
    address: SocketAddr,
    path: String,
}

impl fmt::Display for LocalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.address, self.path)
    }
}

impl FromStr for LocalUrl {
    type Err = PriceError;

    fn from_str(text: &str) -> Result<Self, PriceError> {
        let refused = || PriceError::NotLocal(text.into());
        let rest = text.strip_prefix("http://").ok_or_else(refused)?;
        let (host, path) = match rest.find('/') {
            None => (rest, "/"),
            Some(slash) => rest.split_at(slash),
        };
        // A line of its own in the request is not for a path to make.
        if !path.chars().all(|c| c.is_ascii_graphic()) {
            return Err(refused());
        }
        let host = match host.split_once("localhost") {
            Some(("", port)) => format!("{}{port}", Ipv4Addr::LOCALHOST),
            _ => host.to_owned(),
        };
        let bare = || host.trim_matches(['[', ']']).parse::<IpAddr>();
        let address = host
            .parse()
            .or_else(|_| bare().map(|host| SocketAddr::new(host, PORT)))
            .map_err(|_| refused())?;
        match address.ip().is_loopback() {
            true => Ok(Self {
                address,
                path: path.to_owned(),
            }),
            false => Err(refused()),
        }
    }
}

impl LocalUrl {
    /// What the server answers.
    ///
    /// # Errors
    /// [`PriceError::Web`].
    pub(super) async fn get(&self) -> Result<String, PriceError> {
        let failed = |reason: String| PriceError::Web {
            url: self.to_string(),
            reason,
        };
        let answer = async {
            let mut stream = TcpStream::connect(self.address).await?;
            // Of version 1.0, so that the answer is in one piece and the connection ends with it.
            let request = format!("GET {} HTTP/1.0\r\nHost: {}\r\n\r\n", self.path, self.address);
            stream.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            stream.take(LONGEST).read_to_string(&mut answer).await?;
            Ok::<_, std::io::Error>(answer)
        };
        let answer = match timeout(PATIENCE, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(failed(error.to_string())),
            Err(_) => return Err(failed(format!("no answer in {} s", PATIENCE.as_secs()))),
        };
        let (head, body) = answer
            .split_once("\r\n\r\n")
            .ok_or_else(|| failed("this is no answer of HTTP".into()))?;
        let status = head.lines().next().unwrap_or_default();
        match status.split(' ').nth(1) {
            Some("200") => Ok(body.to_owned()),
            _ => Err(failed(status.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prices::Source;
    use tokio::net::TcpListener;

    #[test]
    fn only_this_machine_should_be_asked() {
        for (text, shown) in [
            ("http://127.0.0.1:8080/prices", "http://127.0.0.1:8080/prices"),
            ("http://127.0.0.1", "http://127.0.0.1:80/"),
            ("http://localhost:9/a?b=c", "http://127.0.0.1:9/a?b=c"),
            ("http://localhost", "http://127.0.0.1:80/"),
            ("http://[::1]:8080", "http://[::1]:8080/"),
            ("http://[::1]/x", "http://[::1]:80/x"),
        ] {
            assert_eq!(text.parse::<LocalUrl>().expect(text).to_string(), shown);
        }
        for text in [
            "https://127.0.0.1/",
            "http://10.0.0.1/",
            "http://example.org/",
            "http://localhost.example.org/",
            "http://127.0.0.1@example.org/",
            "http://127.0.0.1/a b",
            "127.0.0.1:80",
            "",
        ] {
            assert!(
                matches!(text.parse::<LocalUrl>(), Err(PriceError::NotLocal(_))),
                "{text}"
            );
        }
    }

    #[tokio::test]
    async fn an_answer_should_be_a_line_of_prices() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = tokio::spawn(async move {
            for answer in ["HTTP/1.0 200 OK\r\n\r\nBTC-PERP=5\n", "HTTP/1.1 404 Not Found\r\n\r\n5"] {
                let (mut stream, _) = listener.accept().await.expect("somebody asks");
                let mut request = [0; 1_024];
                let read = stream.read(&mut request).await.expect("a request");
                assert!(request[..read].starts_with(b"GET /now HTTP/1.0\r\n"));
                stream.write_all(answer.as_bytes()).await.expect("written");
            }
        });
        let mut source = Source::Web(format!("http://{address}/now").parse().expect("local"));
        let round = source.next().await.expect("prices").expect("a round");
        assert_eq!(round[0].name.as_deref(), Some("BTC-PERP"));
        let error = source.next().await.expect_err("404");
        assert!(
            error.to_string().contains("404") && Source::may_recover(&error),
            "{error}"
        );
        // Nobody listens any more.
        server.await.expect("it ends");
        let error = source.next().await.expect_err("nobody");
        assert!(
            error.to_string().contains("refused") && Source::may_recover(&error),
            "{error}"
        );
    }
}
