//! What becomes of a transaction whose pool says something else than that a block has it. The node is played: what a
//! pool does while it prepares its view of a new block depends on moments that no real one repeats.

use cloister_client::chain::{Chain, ChainError, Included, Until};
use cloister_client_core::owner::OwnerKey;
use cloister_runtime::{Hash, Header, Nonce, RuntimeCall, UncheckedExtrinsic, VERSION};
use codec::{DecodeAll, Encode};
use jsonrpsee::{
    server::{RpcModule, Server, ServerHandle},
    types::{ErrorObject, ErrorObjectOwned},
    SubscriptionMessage,
};
use polkadot_sdk::{
    frame_system::{self, CheckNonce},
    sc_transaction_pool_api::TransactionStatus,
    sp_core::Bytes,
    sp_runtime::{generic::Preamble, traits::Header as _, Digest},
};
use serde_json::json;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

type Status = TransactionStatus<Hash, Hash>;

/// What the pool does with a transaction.
#[derive(Clone, Copy, Debug)]
enum Pool {
    /// The next block has it.
    Includes,
    /// It says that it knows the transaction, and the next block has it.
    KnowsAndIncludes,
    /// It says that it knows the transaction, and no block within its lifetime has it.
    KnowsAndForgets,
    /// It refuses the transaction, since it has another one of the same nonce.
    HasAnother,
    /// The next block has another transaction of the signer, and this one is called invalid.
    PrefersAnother,
    /// It is called invalid, although the next block has it.
    IncludesAndDenies,
    /// It is called invalid, and its nonce stays free.
    GivesUp,
    /// It waits until the next transaction comes; a block has both then. Until then the node does not count it.
    Overlooks,
}

/// The transactions of each block; every block is final.
#[derive(Debug, Default)]
struct Played {
    blocks: Vec<(Header, Vec<Bytes>)>,
    script: VecDeque<Pool>,
    overlooked: Vec<Bytes>,
    /// Nonces of the transactions that came.
    nonces: Vec<Nonce>,
}

impl Played {
    fn block(&mut self, transactions: Vec<Bytes>) -> Hash {
        let zero = Hash::zero();
        let parent = self.blocks.last().map_or(zero, |(header, _)| header.hash());
        let number = self.blocks.len() as u32;
        let header = Header::new(number, zero, zero, parent, Digest::default());
        let hash = header.hash();
        self.blocks.push((header, transactions));
        hash
    }

    fn last(&self) -> &Header {
        &self.blocks.last().expect("a first block").0
    }

    fn at(&self, hash: Hash) -> Option<usize> {
        self.blocks.iter().position(|(header, _)| header.hash() == hash)
    }

    /// All are of one signer.
    fn nonce_at(&self, hash: Hash) -> Nonce {
        let end = self.at(hash).expect("a known block");
        let counts = self.blocks[..=end].iter().map(|(_, transactions)| transactions.len());
        counts.sum::<usize>() as Nonce
    }

    /// What the pool says at once: its refusal, or a status.
    fn submitted(&mut self, transaction: Bytes) -> Result<Option<Status>, ErrorObjectOwned> {
        self.nonces.push(nonce_of(&transaction));
        let refused = |code, message| Err(ErrorObject::owned(code, message, Some("Any { .. }")));
        match self.script.pop_front().expect("as many transactions as expected") {
            Pool::Includes => {
                let mut transactions = std::mem::take(&mut self.overlooked);
                transactions.push(transaction);
                let index = transactions.len() - 1;
                Ok(Some(TransactionStatus::InBlock((self.block(transactions), index))))
            }
            Pool::KnowsAndIncludes => {
                self.block(vec![transaction]);
                refused(1013, "Transaction Already Imported")
            }
            Pool::KnowsAndForgets => {
                for _ in 0..70 {
                    self.block(Vec::new());
                }
                refused(1013, "Transaction Already Imported")
            }
            Pool::HasAnother => {
                self.block(vec![Bytes(b"another".to_vec())]);
                refused(1014, "Priority is too low")
            }
            Pool::PrefersAnother => {
                self.block(vec![Bytes(b"another".to_vec())]);
                Ok(Some(TransactionStatus::Invalid))
            }
            Pool::IncludesAndDenies => {
                self.block(vec![transaction]);
                Ok(Some(TransactionStatus::Invalid))
            }
            Pool::GivesUp => Ok(Some(TransactionStatus::Invalid)),
            Pool::Overlooks => {
                self.overlooked.push(transaction);
                Ok(None)
            }
        }
    }
}

fn nonce_of(transaction: &[u8]) -> Nonce {
    let extrinsic = UncheckedExtrinsic::decode_all(&mut &*transaction).expect("a transaction");
    let Preamble::Signed(_, _, extension) = extrinsic.preamble else {
        panic!("it is signed");
    };
    let CheckNonce(nonce) = extension.6;
    nonce
}

/// A node that plays, its state, and a client of it.
struct Node {
    played: Arc<Mutex<Played>>,
    chain: Chain,
    _server: ServerHandle,
}

fn locked(played: &Mutex<Played>) -> MutexGuard<'_, Played> {
    played.lock().expect("nobody panicked")
}

impl Node {
    async fn start(script: &[Pool]) -> Self {
        let mut first = Played {
            script: script.iter().copied().collect(),
            ..Played::default()
        };
        first.block(Vec::new());
        let played = Arc::new(Mutex::new(first));
        let server = Server::builder()
            .build("127.0.0.1:0")
            .await
            .expect("there are free ports");
        let url = format!("ws://{}", server.local_addr().expect("it is bound"));
        let server = server.start(module(&played));
        let chain = Chain::connect(&url).await.expect("it answers");
        Self {
            played,
            chain,
            _server: server,
        }
    }

    async fn submit(&self, until: Until) -> Result<Included, ChainError> {
        let remark = b"hello".to_vec();
        let call = RuntimeCall::System(frame_system::Call::remark { remark });
        let signer = OwnerKey::from_uri("//Alice").expect("the URI is well-formed");
        self.chain.submit(call, &signer, until).await
    }

    /// Nonces of the transactions that came.
    fn nonces(&self) -> Vec<Nonce> {
        locked(&self.played).nonces.clone()
    }

    fn last(&self) -> Hash {
        locked(&self.played).last().hash()
    }
}

fn module(played: &Arc<Mutex<Played>>) -> RpcModule<Arc<Mutex<Played>>> {
    let mut module = RpcModule::new(played.clone());
    let mut add = |name: &'static str, answer: fn(&Played, serde_json::Value) -> serde_json::Value| {
        module
            .register_method(name, move |params, played, _| {
                let params = params.parse().unwrap_or(serde_json::Value::Null);
                answer(&locked(played), params)
            })
            .expect("no name twice");
    };
    add("state_getRuntimeVersion", |_, _| json!(VERSION));
    add("state_getStorage", |_, _| serde_json::Value::Null);
    add("system_accountNextIndex", |played, _| {
        json!(played.nonce_at(played.last().hash()))
    });
    add("chain_getFinalizedHead", |played, _| json!(played.last().hash()));
    add("chain_getBlockHash", |played, params| {
        let number = params[0].as_u64().expect("a number") as usize;
        json!(played.blocks.get(number).map(|(header, _)| header.hash()))
    });
    add("chain_getHeader", |played, params| {
        let named = block_in(played, &params[0]);
        json!(named.map_or(played.last(), |at| &played.blocks[at].0))
    });
    add("chain_getBlock", |played, params| {
        let (header, transactions) = &played.blocks[block_in(played, &params[0]).expect("a known block")];
        json!({"block": {"header": header, "extrinsics": transactions}})
    });
    add("state_call", |played, params| {
        assert_eq!(params[0], "AccountNonceApi_account_nonce");
        let at = block_in(played, &params[2]).expect("a known block");
        json!(Bytes(played.nonce_at(played.blocks[at].0.hash()).encode()))
    });
    module
        .register_subscription(
            "author_submitAndWatchExtrinsic",
            "author_extrinsicUpdate",
            "author_unwatchExtrinsic",
            |params, pending, played, _| async move {
                let (transaction,): (Bytes,) = params.parse().expect("a transaction");
                let answer = locked(&played).submitted(transaction);
                match answer {
                    Err(refusal) => pending.reject(refusal).await,
                    Ok(status) => {
                        let sink = pending.accept().await.expect("it listens");
                        if let Some(status) = status {
                            let message = SubscriptionMessage::from_json(&status).expect("it is JSON");
                            sink.send(message).await.expect("it listens");
                        }
                        sink.closed().await;
                    }
                }
            },
        )
        .expect("no name twice");
    module
}

fn block_in(played: &Played, param: &serde_json::Value) -> Option<usize> {
    let hash = serde_json::from_value::<Option<Hash>>(param.clone()).expect("a hash or none");
    hash.map(|hash| played.at(hash).expect("a known block"))
}

#[tokio::test]
async fn a_transaction_that_the_pool_knows_already_should_be_looked_for_in_blocks() {
    for until in [Until::InBlock, Until::Final] {
        let node = Node::start(&[Pool::KnowsAndIncludes]).await;
        let included = node.submit(until).await.expect("a block has it");
        assert_eq!((included.block, node.nonces()), (node.last(), vec![0]));
    }
    let node = Node::start(&[Pool::KnowsAndForgets]).await;
    let error = node.submit(Until::InBlock).await.expect_err("no block has it");
    assert!(
        matches!(error, ChainError::NotIncluded("not valid any more")),
        "{error}"
    );
    assert_eq!(node.nonces(), [0]);
}

#[tokio::test]
async fn a_transaction_whose_nonce_another_one_took_should_be_signed_again() {
    for first in [Pool::HasAnother, Pool::PrefersAnother] {
        for until in [Until::InBlock, Until::Final] {
            let node = Node::start(&[first, first, Pool::KnowsAndIncludes]).await;
            let included = node.submit(until).await.expect("a block has it");
            assert_eq!(
                (included.block, node.nonces()),
                (node.last(), vec![0, 1, 2]),
                "{first:?}"
            );
        }
        let node = Node::start(&[first; 5]).await;
        let error = node.submit(Until::InBlock).await.expect_err("others always come first");
        assert!(matches!(error, ChainError::Overtaken { .. }), "{error}");
        assert_eq!(node.nonces(), [0, 1, 2, 3, 4]);
    }
}

#[tokio::test]
async fn a_transaction_should_not_be_signed_again_while_a_block_may_have_it() {
    let node = Node::start(&[Pool::IncludesAndDenies]).await;
    let included = node.submit(Until::InBlock).await.expect("a block has it");
    assert_eq!((included.block, node.nonces()), (node.last(), vec![0]));

    let node = Node::start(&[Pool::GivesUp, Pool::Includes]).await;
    let error = node.submit(Until::InBlock).await.expect_err("it is invalid");
    assert!(
        matches!(error, ChainError::NotIncluded("not valid any more")),
        "{error}"
    );
    // Its nonce is free for the next one.
    node.submit(Until::InBlock).await.expect("a block has it");
    assert_eq!(node.nonces(), [0, 0]);
}

#[tokio::test]
async fn a_nonce_should_not_be_used_twice_where_the_node_overlooks_a_transaction() {
    let node = Node::start(&[Pool::Overlooks, Pool::Includes]).await;
    let first = node.submit(Until::InBlock);
    let second = async {
        while node.nonces().is_empty() {
            tokio::task::yield_now().await;
        }
        node.submit(Until::InBlock).await
    };
    let second = tokio::select! {
        included = second => included.expect("a block has it"),
        ended = first => panic!("nothing is said of it: {ended:?}"),
    };
    assert_eq!(node.nonces(), [0, 1]);
    assert_eq!(second.block, node.last());
}
