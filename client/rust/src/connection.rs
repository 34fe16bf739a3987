//! A WebSocket to a server, and why there is none.

use jsonrpsee::{
    core::ClientError,
    ws_client::{WsClient, WsClientBuilder},
};
use jsonrpsee_client_transport::ws::WsHandshakeError;
use std::time::Duration;

/// How long a call may take before the connection counts as lost.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// Largest answer: a block full of batches in hexadecimal, with room for the JSON around it.
const MAX_ANSWER: u32 = 64 * 1024 * 1024;
/// Status with which a server says that it has as many connections as it takes.
const TOO_MANY_REQUESTS: u16 = 429;

/// Why there is no connection.
pub(crate) enum NoConnection {
    /// Nobody answers.
    Silence(Box<ClientError>),
    /// The server has as many connections as it takes.
    Crowded,
    /// The server answers with this HTTP status and opens no WebSocket.
    Status(u16),
}

/// Connects to `url`.
pub(crate) async fn connect(url: &str) -> Result<WsClient, NoConnection> {
    let client = WsClientBuilder::default()
        .request_timeout(CALL_TIMEOUT)
        .max_response_size(MAX_ANSWER);
    client.build(url).await.map_err(|source| {
        let handshake = match &source {
            ClientError::Transport(error) => error.downcast_ref::<WsHandshakeError>(),
            _ => None,
        };
        match handshake {
            Some(WsHandshakeError::Rejected {
                status_code: TOO_MANY_REQUESTS,
            }) => NoConnection::Crowded,
            Some(WsHandshakeError::Rejected { status_code } | WsHandshakeError::Redirected { status_code, .. }) => {
                NoConnection::Status(*status_code)
            }
            _ => NoConnection::Silence(Box::new(source)),
        }
    })
}
