//! actix built from the route table.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::web::{self, Payload};
use actix_web::{App, HttpRequest, HttpServer};

use super::{pipeline, routes, state::State};

/// Starts serving on a bound listener. The caller awaits the server.
///
/// # Errors
/// When the listener cannot be taken over.
pub fn serve(state: Arc<State>, listener: TcpListener, workers: usize) -> std::io::Result<Server> {
    let paths = Arc::new(routes::by_path());
    let server = HttpServer::new(move || {
        let mut app = App::new();
        for (path, list) in paths.iter() {
            let (state, list) = (
                Arc::clone(&state),
                Arc::<[super::route::Route]>::from(list.as_slice()),
            );
            app = app.service(web::resource(*path).to(
                move |request: HttpRequest, payload: Payload| {
                    let (state, list) = (Arc::clone(&state), Arc::clone(&list));
                    async move { pipeline::serve(state, &list, request, payload).await }
                },
            ));
        }
        let state = Arc::clone(&state);
        app.default_service(web::to(move |request: HttpRequest, payload: Payload| {
            let state = Arc::clone(&state);
            async move { pipeline::serve(state, &[], request, payload).await }
        }))
    })
    .workers(workers)
    .client_request_timeout(Duration::from_secs(5))
    .client_disconnect_timeout(Duration::from_secs(5))
    .keep_alive(Duration::from_secs(75))
    .max_connections(10_000)
    .shutdown_timeout(30)
    .disable_signals()
    .listen(listener)?;
    Ok(server.run())
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
