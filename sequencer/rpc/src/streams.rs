//! Subscriptions.

use crate::types::{ChannelName, StreamMessage, StreamParams};
use jsonrpsee::{core::SubscriptionResult, proc_macros::rpc};

/// Streams of the sequencer (Q-STREAM). Refusals carry an [`ErrorCode`](crate::ErrorCode).
#[rpc(client, server, namespace = "cloister")]
pub trait CloisterStreams {
    /// Follows a channel. Public ones need an instrument, private ones a proof of the view key.
    #[subscription(name = "subscribe" => "stream", unsubscribe = "unsubscribe", item = StreamMessage)]
    async fn follow(&self, channel: ChannelName, params: Option<StreamParams>) -> SubscriptionResult;
}
