//! Subscriptions (Q-STREAM).

use super::{
    auth::{authenticated, signed_switch_off},
    guard::SwitchOff,
    refusal::{not_ready, out_of_range, parameters, stopping, switch_off, unknown_instrument},
};
use crate::{
    chain::ChainClient,
    core::State,
    feed::{end, look, read, ChannelKey, Joined, Look},
    shared::Shared,
};
use cloister_sequencer_rpc::{
    types::{ChannelName, EndReason, StreamParams},
    CloisterStreamsServer,
};
use jsonrpsee::{
    core::{async_trait, server::PendingSubscriptionSink, RpcResult, SubscriptionResult},
    RpcModule, SubscriptionMessage, SubscriptionSink,
};
use std::sync::Arc;

/// The module, ready to be merged with that of the methods.
pub(crate) fn module<C: ChainClient>(shared: Arc<Shared<C>>) -> RpcModule<()> {
    CloisterStreamsServer::into_rpc(Streams { shared }).remove_context()
}

struct Streams<C> {
    shared: Arc<Shared<C>>,
}

/// What a channel is of, of the parameters that belong to it and no others.
fn key_of(channel: ChannelName, params: &StreamParams) -> RpcResult<ChannelKey> {
    match (channel.is_of_an_instrument(), params.instrument_id) {
        (true, None) => {
            return Err(parameters(
                "field instrumentId: this channel is of an instrument; name it",
            ))
        }
        (false, Some(_)) => return Err(parameters("field instrumentId: this channel is of no instrument")),
        _ => {}
    }
    match (channel.purpose(), &params.account) {
        (Some(_), None) => {
            return Err(parameters(
                "field account: this channel is an account's; prove its view key",
            ))
        }
        (None, Some(_)) => return Err(parameters("field account: this channel is nobody's")),
        (None, None) if params.cancel_on_disconnect.is_some() => {
            let words = "field cancelOnDisconnect: this channel is nobody's; ask for it with one of the account's";
            return Err(parameters(words));
        }
        _ => {}
    }
    Ok(match (params.instrument_id, &params.account) {
        (Some(instrument), _) => ChannelKey::Market(channel, instrument),
        (None, Some(query)) => ChannelKey::Account(query.index, channel),
        (None, None) => ChannelKey::Batches,
    })
}

impl<C: ChainClient> Streams<C> {
    /// Joins a channel.
    fn open(&self, channel: ChannelName, params: &StreamParams) -> RpcResult<(Joined, Option<SwitchOff<C>>)> {
        let key = key_of(channel, params)?;
        let now = self.shared.chain.now();
        let mut bus = self.shared.bus();
        // Asked under the lock: those that are in it by now are sent away.
        if self.shared.stopper.is_asked() {
            return Err(stopping());
        }
        // Who may read is decided under the same lock under which it is read: keys may change at any time.
        let seen = read(&self.shared, &mut bus, |core| self.permitted(core, key, params, now));
        let (look, number) = seen.ok_or_else(not_ready)??;
        let joined = bus.join(now, key, look, params.resume);
        drop(bus);
        let guard = number.zip(key.account()).map(|(number, account)| SwitchOff {
            shared: self.shared.clone(),
            account,
            number,
        });
        Ok((joined, guard))
    }

    /// How a channel looks, for whoever may see it; and the number of its request to be switched off.
    fn permitted(
        &self,
        core: &State,
        key: ChannelKey,
        params: &StreamParams,
        now: u64,
    ) -> RpcResult<(Look, Option<u64>)> {
        let view = match (&params.account, key.name().purpose()) {
            (Some(query), Some(purpose)) => {
                Some((query.index, authenticated(&self.shared, core, query, purpose, now)?))
            }
            _ => None,
        };
        if let Some((instrument, None)) = key.instrument().map(|id| (id, core.engine.table().row_of(id))) {
            return Err(unknown_instrument(instrument));
        }
        let look = look(core, key).ok_or_else(out_of_range)?;
        let number = match (&params.cancel_on_disconnect, view) {
            (Some(asked), Some((index, view))) => {
                signed_switch_off(core, view, index, asked, now)?;
                Some(
                    self.shared
                        .switch_offs()
                        .ask(index, asked.time)
                        .ok_or_else(switch_off)?,
                )
            }
            _ => None,
        };
        Ok((look, number))
    }

    /// Hands messages on until the subscriber is gone, or is to be sent away.
    async fn forward(&self, sink: &SubscriptionSink, joined: &mut Joined) -> Option<EndReason> {
        for first in std::mem::take(&mut joined.first) {
            if let Some(slow) = self.deliver(sink, first).await {
                return Some(slow);
            }
        }
        loop {
            let next = tokio::select! {
                () = sink.closed() => return None,
                next = joined.queue.messages.recv() => next,
            };
            if let Some(reason) = joined.queue.ended.get() {
                return Some(*reason);
            }
            let message = next?;
            if let Some(slow) = self.deliver(sink, message.wire.clone()).await {
                return Some(slow);
            }
            joined.sequence = message.sequence;
        }
    }

    /// Hands a message on; says why not, if the connection takes none.
    async fn deliver(&self, sink: &SubscriptionSink, message: SubscriptionMessage) -> Option<EndReason> {
        let sent = sink.send_timeout(message, self.shared.config.streams.patience).await;
        sent.err().map(|_| EndReason::SlowConsumer)
    }

    /// Says why no more messages come, as soon as the connection takes it. Nothing more waits for it than this message.
    async fn finish(&self, sink: &SubscriptionSink, joined: &Joined, reason: EndReason) {
        let last = end(joined, self.shared.chain.now(), reason);
        tokio::select! {
            () = sink.closed() => {}
            // Whoever is gone does not get it.
            _ = sink.send(last) => {}
        }
    }
}

#[async_trait]
impl<C: ChainClient> CloisterStreamsServer for Streams<C> {
    async fn follow(
        &self,
        pending: PendingSubscriptionSink,
        channel: ChannelName,
        params: Option<StreamParams>,
    ) -> SubscriptionResult {
        self.shared.follower.caught_up().await;
        let _follower = self.shared.stopper.follower();
        let (mut joined, switch_off) = match self.open(channel, &params.unwrap_or_default()) {
            Ok(opened) => opened,
            Err(refusal) => {
                pending.reject(refusal).await;
                return Ok(());
            }
        };
        let sink = pending.accept().await?;
        let ended = self.forward(&sink, &mut joined).await;
        // Before anything else: whoever is sent away no longer sees what its orders do.
        drop(switch_off);
        if let Some(reason) = ended {
            self.finish(&sink, &joined, reason).await;
        }
        Ok(())
    }
}
