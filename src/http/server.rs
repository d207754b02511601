//! actix built from the route table.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_service::{
    IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config,
};
use actix_web::dev::{AppConfig, Server, ServiceRequest, ServiceResponse};
use actix_web::rt::net::TcpStream;
use actix_web::web::{self, Payload};
use actix_web::{App, HttpRequest, HttpServer};

use super::door::Door;
use super::route::Route;
use super::{pipeline, routes, state::State, waiting};

/// Seconds that requests under way have to finish when the service stops.
const SHUTDOWN_SECONDS: u64 = 30;
/// Connections a worker serves at once.
const CONNECTIONS: usize = 10_000;

/// Starts serving on a bound listener. The caller awaits the server.
///
/// What `HttpServer` does, done by hand, because each connection goes through a [`Door`]: what
/// the HTTP parser refuses is answered as every other failure is.
///
/// # Errors
/// When the listener cannot be taken over.
pub fn serve(state: Arc<State>, listener: TcpListener, workers: usize) -> std::io::Result<Server> {
    let paths = Arc::new(routes::by_path());
    let address = listener.local_addr()?;
    let builder = Server::build();
    let stopping = builder.graceful_shutdown_signal();
    let connections = move || {
        let (stopping, held) = (stopping.clone(), Arc::clone(&state));
        let app = app(&state, &paths)
            .into_factory()
            .map_err(|e: actix_web::Error| e.error_response());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .on_connect_ext(|door: &Door, data| {
                data.insert(door.in_hand().clone());
            })
            .keep_alive(waiting::KEEP_ALIVE)
            .client_request_timeout(waiting::HEAD)
            .client_disconnect_timeout(Duration::from_secs(5))
            .local_addr(address)
            // The host name in it is for building URLs, which nothing here does.
            .h1(map_config(app, |()| AppConfig::default()));
        fn_service(move |tcp: TcpStream| {
            let peer = tcp.peer_addr().ok();
            let door = Door::new(tcp, Arc::clone(&held));
            async move { Ok::<_, DispatchError>((door, peer)) }
        })
        .and_then(http)
    };
    let server = builder
        .workers(workers)
        .max_concurrent_connections(CONNECTIONS)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals()
        .listen("api", listener, connections)?;
    Ok(server.run())
}

/// The routes as an application.
fn app(
    state: &Arc<State>,
    paths: &[(&'static str, Vec<Route>)],
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse,
        Error = actix_web::Error,
        InitError = (),
    > + use<>,
> {
    let mut app = App::new();
    for (path, list) in paths {
        let (state, list) = (Arc::clone(state), Arc::<[Route]>::from(list.as_slice()));
        app = app.service(web::resource(*path).to(
            move |request: HttpRequest, payload: Payload| {
                let (state, list) = (Arc::clone(&state), Arc::clone(&list));
                async move { pipeline::serve(state, &list, request, payload).await }
            },
        ));
    }
    let state = Arc::clone(state);
    app.default_service(web::to(move |request: HttpRequest, payload: Payload| {
        let state = Arc::clone(&state);
        async move { pipeline::serve(state, &[], request, payload).await }
    }))
}

/// Serves `/metrics` on its own bind.
///
/// # Errors
/// When the address cannot be bound.
pub fn serve_metrics(state: Arc<State>, bind: SocketAddr) -> std::io::Result<Server> {
    let server = HttpServer::new(move || {
        let state = Arc::clone(&state);
        App::new().route(
            "/metrics",
            web::get().to(move || {
                let text = state.metrics.text();
                async move { ([("Content-Type", "text/plain; version=0.0.4")], text).1 }
            }),
        )
    })
    .workers(1)
    .disable_signals()
    .bind(bind)?;
    Ok(server.run())
}
