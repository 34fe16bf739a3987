//! Why there is no connection: nobody is there, the server is full, or it is no node.

use cloister_client::chain::{Chain, ChainError};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    thread,
};

/// A server that answers the first request with a status and ends.
fn answers(status: &'static str) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there are free ports");
    let address = listener.local_addr().expect("a bound socket has an address");
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client comes");
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).expect("it sends") == 1 {
            head.push(byte[0]);
        }
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        .expect("it reads");
    });
    address
}

async fn refused(address: SocketAddr) -> ChainError {
    let connected = Chain::connect(&format!("ws://{address}")).await;
    connected.expect_err("it is no node")
}

#[tokio::test]
async fn a_node_with_too_many_connections_should_be_told_apart_from_one_that_is_not_there() {
    let error = refused(answers("429 Too Many Requests")).await;
    assert!(matches!(error, ChainError::Crowded { .. }), "{error}");
    assert!(error.to_string().contains("as many connections as it takes"), "{error}");

    let error = refused(answers("404 Not Found")).await;
    assert!(matches!(error, ChainError::NotANode { status: 404, .. }), "{error}");

    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there are free ports");
    let address = listener.local_addr().expect("a bound socket has an address");
    drop(listener);
    let error = refused(address).await;
    assert!(matches!(error, ChainError::Unreachable { .. }), "{error}");
    assert!(error.to_string().starts_with("no node answers at"), "{error}");
}
