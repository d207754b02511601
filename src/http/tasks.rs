//! Supervised tasks.

use super::route::Route;
use crate::commands::tasks as acts;
use crate::queries::tasks;

pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/cases/{case_id}/tasks",
        "list_case_tasks",
        tasks::of_case,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/tasks",
        "order_task",
        acts::order_task,
    ),
    Route::get(
        "/api/v1/cases/{case_id}/tasks/{task_id}",
        "get_task",
        tasks::one,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/tasks/{task_id}/report",
        "report_task",
        acts::report_task,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/tasks/{task_id}/accept",
        "accept_task_result",
        acts::accept_result,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/tasks/{task_id}/send-back",
        "send_back_task",
        acts::send_back_result,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/tasks/{task_id}/reassign",
        "reassign_task",
        acts::reassign_task,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/tasks/{task_id}/cancel",
        "cancel_task",
        acts::cancel_task,
    ),
    Route::get("/api/v1/tasks", "list_tasks", tasks::mine),
];
