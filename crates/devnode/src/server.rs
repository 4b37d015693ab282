//! HTTP on loopback, in front of the thread that owns the node.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::mpsc,
    thread,
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use tokio::sync::oneshot;

use crate::node::Node;

/// Native stack of the node's thread: calls between programs recurse on it.
const STACK_BYTES: usize = 256 * 1024 * 1024;
/// Longest request.
const BODY_MAX: usize = 16 * 1024 * 1024;
/// Requests that wait for the node; more wait in their connections.
const QUEUE: usize = 256;

struct Job {
    body: Bytes,
    reply: oneshot::Sender<Option<Vec<u8>>>,
}

/// The thread that owns the node. Requests reach it one after the other.
#[derive(Clone, Debug)]
pub struct Worker {
    jobs: tokio::sync::mpsc::Sender<Job>,
}

impl Worker {
    /// Starts the thread, which builds the node itself.
    ///
    /// # Errors
    /// When there can be no thread. The inner result is that of `build`.
    pub fn start<E: Send + 'static>(
        build: impl FnOnce() -> Result<Node, E> + Send + 'static,
    ) -> io::Result<Result<Self, E>> {
        let (jobs, mut queue) = tokio::sync::mpsc::channel::<Job>(QUEUE);
        let (built, ready) = mpsc::channel();
        thread::Builder::new()
            .name("chain".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || {
                let mut node = match build() {
                    Ok(node) => node,
                    Err(error) => return drop(built.send(Err(error))),
                };
                if built.send(Ok(())).is_err() {
                    return;
                }
                while let Some(job) = queue.blocking_recv() {
                    // Nobody waits for it any more: the connection is closed.
                    let _ = job.reply.send(node.handle(&job.body));
                }
            })?;
        let outcome = ready.recv().map_err(io::Error::other)?;
        Ok(outcome.map(|()| Self { jobs }))
    }

    async fn ask(self, body: Bytes) -> Option<Option<Vec<u8>>> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Job { body, reply }).await.ok()?;
        answer.await.ok()
    }
}

/// Listens on loopback.
///
/// # Errors
/// When the port is taken.
pub fn bind(port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map_err(|error| io::Error::new(error.kind(), format!("--port {port}: {error}")))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Serves until the process is interrupted.
///
/// # Errors
/// When the listener fails.
pub fn serve(listener: TcpListener, worker: Worker) -> io::Result<()> {
    let app = Router::new()
        .route("/", post(request).options(preflight))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(worker);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        tokio::select! {
            served = axum::serve(listener, app) => served,
            interrupted = tokio::signal::ctrl_c() => interrupted,
        }
    })
}

/// A page in a browser may ask: there is nothing here but public keys and play money.
fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    let any = HeaderValue::from_static("*");
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any.clone());
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, any);
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers
}

async fn preflight() -> Response {
    (StatusCode::NO_CONTENT, headers()).into_response()
}

async fn request(State(worker): State<Worker>, body: Bytes) -> Response {
    match worker.ask(body).await {
        Some(Some(answer)) => (headers(), answer).into_response(),
        // Nothing but notifications.
        Some(None) => (StatusCode::NO_CONTENT, headers()).into_response(),
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
