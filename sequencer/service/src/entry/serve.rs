//! Takes connections, and serves what they ask.

use super::{
    address::{client, is_trusted},
    calls::Calls,
    clients::{Clients, Connection},
    Entry, EntryConfig, EntryError, Origins,
};
use http::{header, HeaderValue, Method, StatusCode};
use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use jsonrpsee::{
    core::BoxError,
    server::{
        http::response, stop_channel, ws::is_upgrade_request, BatchRequestConfig, HttpBody, HttpRequest, HttpResponse,
        PingConfig, RpcServiceBuilder, Server, StopHandle, TowerServiceBuilder,
    },
    Methods, RpcModule,
};
use std::{
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tower::{layer::util::Identity, layer::util::Stack, Service, ServiceBuilder};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long the head of a request may take to arrive, and how long a connection may ask nothing.
const HEAD: Duration = Duration::from_secs(20);
/// How long a request over HTTP may take, its way in included.
const REQUEST: Duration = Duration::from_secs(90);
/// Pause after a connection could not be taken, as when there are too many open files.
const PAUSE: Duration = Duration::from_millis(50);
/// Messages that may wait for one connection.
const MESSAGES: u32 = 128;

type Http = Stack<CorsLayer, Identity>;
type Answer = Pin<Box<dyn Future<Output = HttpResponse> + Send>>;

/// An answer could not be made to its end.
#[derive(Debug, thiserror::Error)]
#[error("the answer broke off: {0}")]
struct BrokenAnswer(String);

/// What is sent to a client. Its errors have a type of their own: with a boxed one the compiler cannot tell that a
/// connection can be served by any thread.
struct Sent(HttpBody);

impl Body for Sent {
    type Data = Bytes;
    type Error = BrokenAnswer;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenAnswer>>> {
        let frame = Pin::new(&mut self.0).poll_frame(context);
        frame.map_err(|error| BrokenAnswer(error.to_string()))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// What a connection holds until it ends. A WebSocket goes on when the connection that it began as is served.
struct Held {
    _counted: Option<Connection>,
    _place: OwnedSemaphorePermit,
}

/// Why the sequencer does not take orders now; `None` if it does.
pub(crate) type Probe = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// What all connections share.
#[derive(Clone)]
struct Shared {
    config: Arc<EntryConfig>,
    clients: Arc<Clients>,
    methods: Methods,
    builder: TowerServiceBuilder<Identity, Http>,
    stop: StopHandle,
    probe: Probe,
}

/// Listens, and serves until the answer is dropped.
pub(crate) async fn serve(config: EntryConfig, module: RpcModule<()>, probe: Probe) -> Result<Entry, EntryError> {
    let cors = cors(&config.origins)?;
    let listen = config.listen;
    let failed = |source| EntryError::Listen { listen, source };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let limits = &config.limits;
    let builder = Server::builder()
        .max_connections(limits.connections)
        .max_subscriptions_per_connection(limits.subscriptions_per_connection)
        .max_request_body_size(limits.request_bytes)
        .max_response_body_size(limits.answer_bytes)
        .set_batch_request_config(BatchRequestConfig::Limit(limits.calls_per_batch))
        .set_message_buffer_capacity(MESSAGES)
        .enable_ws_ping(PingConfig::default())
        .set_http_middleware(ServiceBuilder::new().layer(cors))
        .to_service_builder();
    let (stop, handle) = stop_channel();
    let places = Arc::new(Semaphore::new(
        limits.connections.try_into().unwrap_or(Semaphore::MAX_PERMITS),
    ));
    let shared = Shared {
        clients: Arc::new(Clients::new(limits)),
        config: Arc::new(config),
        methods: module.into(),
        builder,
        stop,
        probe,
    };
    tokio::spawn(accept(listener, places, shared));
    Ok(Entry { address, handle })
}

fn cors(origins: &Origins) -> Result<CorsLayer, EntryError> {
    let allowed = match origins {
        Origins::Any => AllowOrigin::any(),
        Origins::Only(origins) => {
            let read = |origin: &String| {
                let known = origin.starts_with("https://") || origin.starts_with("http://");
                let value = HeaderValue::from_str(origin).ok().filter(|_| known);
                value.ok_or_else(|| EntryError::Origin(origin.clone()))
            };
            AllowOrigin::list(origins.iter().map(read).collect::<Result<Vec<_>, _>>()?)
        }
    };
    let layer = CorsLayer::new().allow_origin(allowed);
    Ok(layer
        .allow_methods([Method::POST, Method::GET])
        .allow_headers([header::CONTENT_TYPE]))
}

async fn accept(listener: TcpListener, places: Arc<Semaphore>, shared: Shared) {
    let stopped = shared.stop.clone().shutdown();
    tokio::pin!(stopped);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stopped => return,
        };
        let Ok((socket, peer)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        // Nothing is promised to one more than there is room for, not even an answer.
        let Ok(place) = places.clone().try_acquire_owned() else {
            continue;
        };
        let shared = shared.clone();
        tokio::spawn(connection(socket, peer, shared, place));
    }
}

/// Serves one connection until it ends.
async fn connection(socket: TcpStream, peer: SocketAddr, shared: Shared, place: OwnedSemaphorePermit) {
    // What waits in the kernel helps nobody; an old system may not know the setting.
    let _ = socket.set_nodelay(true);
    let address = peer.ip();
    // A proxy has the connections of all its clients; those are counted one by one.
    let proxy = is_trusted(&shared.config.trusted_proxies, address);
    let counted = (!proxy).then(|| shared.clients.connect(address.into()));
    let refused = matches!(counted, Some(None));
    let held = Arc::new(Held {
        _counted: counted.flatten(),
        _place: place,
    });
    let kept = held.clone();
    let stop = shared.stop.clone();
    let service = tower::service_fn(move |request: HttpRequest<hyper::body::Incoming>| {
        let answer: Answer = if refused {
            Box::pin(async { response::too_many_requests() })
        } else {
            answer(request, peer, proxy, &shared, &kept)
        };
        async move { Ok::<_, Infallible>(answer.await.map(Sent)) }
    });
    let mut http = auto::Builder::new(TokioExecutor::new()).http1_only();
    http.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    let served = http.serve_connection_with_upgrades(TokioIo::new(socket), TowerToHyperService::new(service));
    let stopped = stop.shutdown();
    tokio::pin!(served, stopped);
    // How a connection ends is its client's business.
    tokio::select! {
        _ = &mut served => {}
        () = &mut stopped => {
            served.as_mut().graceful_shutdown();
            let _ = timeout(REQUEST, served).await;
        }
    }
    drop(held);
}

/// Answers one request.
fn answer(
    request: HttpRequest<hyper::body::Incoming>,
    peer: SocketAddr,
    proxy: bool,
    shared: &Shared,
    held: &Arc<Held>,
) -> Answer {
    let client = client(&shared.config.trusted_proxies, peer.ip(), &request);
    // Of the connections of a proxy, this one is the client's.
    let counted = match proxy.then(|| shared.clients.connect(client)) {
        Some(None) => return Box::pin(async { response::too_many_requests() }),
        Some(Some(counted)) => Some(counted),
        None => None,
    };
    if request.method() == Method::GET && !is_upgrade_request(&request) {
        let answer = probed(request.uri().path(), shared, || shared.clients.may_call(client));
        return Box::pin(async move { answer });
    }
    if !may_ask(&shared.config.origins, request.headers().get(header::ORIGIN)) {
        return Box::pin(async { response::denied() });
    }
    let clients = shared.clients.clone();
    let calls = RpcServiceBuilder::new().layer_fn(move |service| Calls {
        service,
        clients: clients.clone(),
        client,
    });
    let builder = shared.builder.clone().set_rpc_middleware(calls);
    let mut service = builder.build(shared.methods.clone(), shared.stop.clone());
    if is_upgrade_request(&request) {
        let (closed, held) = (service.on_session_closed(), held.clone());
        Box::pin(async move {
            let answer = answered(service.call(request).await);
            if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
                tokio::spawn(until(closed, counted, held));
            }
            answer
        })
    } else {
        Box::pin(async move {
            let answer = timeout(REQUEST, service.call(request)).await;
            drop(counted);
            match answer {
                Ok(answer) => answered(answer),
                Err(_) => plain(StatusCode::REQUEST_TIMEOUT, "the request took too long"),
            }
        })
    }
}

fn answered(answer: Result<HttpResponse, BoxError>) -> HttpResponse {
    answer.unwrap_or_else(|_| response::internal_error())
}

/// Counts a connection until its session ends.
async fn until(closed: impl Future, counted: Option<Connection>, held: Arc<Held>) {
    closed.await;
    drop((counted, held));
}

/// A page that a browser shows may open a WebSocket anywhere, so its origin is looked at here too.
fn may_ask(origins: &Origins, origin: Option<&HeaderValue>) -> bool {
    match (origins, origin) {
        (Origins::Any, _) | (_, None) => true,
        (Origins::Only(allowed), Some(origin)) => allowed.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()),
    }
}

/// Answers of the probes: `/health` as long as the program runs, `/ready` while orders are taken.
fn probed(path: &str, shared: &Shared, may_call: impl FnOnce() -> bool) -> HttpResponse {
    if !may_call() {
        return response::too_many_requests();
    }
    match path {
        "/health" => plain(StatusCode::OK, "running"),
        "/ready" => match (shared.probe)() {
            None => plain(StatusCode::OK, "orders are taken"),
            Some(why) => plain(StatusCode::SERVICE_UNAVAILABLE, &why),
        },
        _ => plain(StatusCode::NOT_FOUND, "no such page"),
    }
}

fn plain(status: StatusCode, words: &str) -> HttpResponse {
    let mut answer = HttpResponse::new(HttpBody::from(format!("{words}\n")));
    *answer.status_mut() = status;
    answer
}
