//! Every route of the service, gathered from the areas.

use super::route::Route;

/// The tables of the areas, in the order of the documentation.
pub const AREAS: &[&[Route]] = &[
    super::meta::ROUTES,          // the service itself
    super::cases::ROUTES,         // reading cases
    super::intake::ROUTES,        // up to acceptance
    super::people::ROUTES,        // parties and participants
    super::agreements::ROUTES,    // agreements and performance
    super::course::ROUTES,        // suspended, ended, closed
    super::dossier::ROUTES,       // bound, held, exported
    super::follow_ups::ROUTES,    // visits afterwards
    super::party_checks::ROUTES,  // the parties' own word
    super::clocks::ROUTES,        // clocks, calendars, policies
    super::actions::ROUTES,       // what may be done now
    super::movement::ROUTES,      // between units
    super::tasks::ROUTES,         // supervised tasks
    super::petitions::ROUTES,     // answered to the petitioner
    super::county::ROUTES,        // whistles, conferences, supervision
    super::records::ROUTES,       // flags and incidents
    super::crisis::ROUTES,        // people in a crisis
    super::attachments::ROUTES,   // evidence and documents
    super::mediators::ROUTES,     // the mediating team
    super::sessions::ROUTES,      // sessions and their records
    super::returns::ROUTES,       // the statistical return
    super::dashboard::ROUTES,     // the county at a glance
    super::fabrication::ROUTES,   // cases that may be made up
    super::notes::ROUTES,         // working and caucus notes
    super::audit::ROUTES,         // the ledger
    super::notifications::ROUTES, // inbox, preferences, webhooks
    super::auth::ROUTES,          // signing in
    super::second_factor::ROUTES, // the second factor
    super::users::ROUTES,         // users and rights
    super::orgs::ROUTES,          // units, committees, rooms
];

/// All routes.
pub fn all() -> impl Iterator<Item = &'static Route> {
    AREAS.iter().flat_map(|area| area.iter())
}

/// The routes grouped by path.
pub fn by_path() -> Vec<(&'static str, Vec<Route>)> {
    let mut out: Vec<(&'static str, Vec<Route>)> = Vec::new();
    for route in all() {
        match out.iter_mut().find(|(path, _)| *path == route.path) {
            Some((_, list)) => list.push(*route),
            None => out.push((route.path, vec![*route])),
        }
    }
    out
}
