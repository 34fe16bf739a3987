//! Each call, also of a batch, counts for its client.

use super::{address::Client, clients::Clients};
use crate::rpc::refusal::too_many_requests;
use jsonrpsee::{
    server::middleware::rpc::{ResponseFuture, RpcServiceT},
    types::Request,
    MethodResponse,
};
use std::sync::Arc;

/// Calls of one client.
#[derive(Clone)]
pub(crate) struct Calls<S> {
    pub service: S,
    pub clients: Arc<Clients>,
    pub client: Client,
}

impl<'a, S> RpcServiceT<'a> for Calls<S>
where
    S: RpcServiceT<'a> + Send + Sync,
{
    type Future = ResponseFuture<S::Future>;

    fn call(&self, request: Request<'a>) -> Self::Future {
        if self.clients.may_call(self.client) {
            ResponseFuture::future(self.service.call(request))
        } else {
            ResponseFuture::ready(MethodResponse::error(request.id, too_many_requests("address")))
        }
    }
}
