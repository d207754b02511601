//! `/returns`: the statistical return.

use super::route::{Answer, BodyKind, Incoming, Route};
use crate::commands::returns as acts;
use crate::domain::ids::ReturnId;
use crate::error::Error;
use crate::queries::{returns, sheets};

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/returns", "list_returns", returns::list),
    Route::post("/api/v1/returns", "create_return", acts::create),
    Route::get("/api/v1/returns/{return_id}", "get_return", returns::get),
    Route::delete(
        "/api/v1/returns/{return_id}",
        "discard_return",
        acts::discard,
    ),
    Route::post(
        "/api/v1/returns/{return_id}/refresh",
        "refresh_return",
        acts::refresh,
    ),
    Route::post(
        "/api/v1/returns/{return_id}/submit",
        "submit_return",
        acts::submit,
    ),
    Route::post(
        "/api/v1/returns/{return_id}/revise",
        "revise_return",
        acts::revise,
    ),
    Route::get(
        "/api/v1/returns/{return_id}/cells/{code}/cases",
        "list_cell_cases",
        returns::cell,
    ),
    Route::get(
        "/api/v1/returns/{return_id}/differences",
        "list_return_differences",
        returns::differences,
    ),
    Route::get(
        "/api/v1/returns/{return_id}/verification",
        "verify_return",
        returns::verification,
    ),
    Route::special(
        "GET",
        "/api/v1/returns/{return_id}/file",
        "export_return",
        BodyKind::None,
        |i| Box::pin(export(i)),
    )
    .sends(&[XLSX, "text/csv"]),
];

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

async fn export(i: Incoming) -> Result<Answer, Error> {
    let id: ReturnId = i.call.id("return_id")?;
    let q = i.call.query();
    let format = q.one_of("format", &["xlsx", "csv"])?;
    q.finish()?;
    let (sheet, name) = i
        .state
        .db
        .read(i.ctx.clone(), move |snap| returns::sheet(snap, id))
        .await?;
    let (body, media_type) = match format {
        "csv" => (sheets::csv(&sheet)?, "text/csv; charset=utf-8"),
        _ => (sheets::xlsx(&sheet)?, XLSX),
    };
    Ok(Answer::Bytes {
        body,
        name: format!("{name}.{format}"),
        media_type: media_type.to_owned(),
        reads: vec![format!("return/{id}")],
    })
}
