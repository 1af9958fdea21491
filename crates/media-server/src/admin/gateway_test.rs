//! A look at a gateway, step by step: connections of our own, apart from the signalling core.

use std::sync::Arc;

use admin_api::{FindingGrade, GatewayFinding, GatewayTest, GatewayTested};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use dial_plan::ObjectKind;

use super::answer::{Answer, body};
use super::router::Desk;
use super::site::missing;
use crate::gateways::examination::{Finding, Grade, examine};

/// `POST /v1/test/gateway`
pub(super) async fn gateway(State(desk): State<Arc<Desk>>, bytes: Bytes) -> Answer<GatewayTested> {
    let GatewayTest { gateway } = body(&bytes)?;
    let site = desk.state.site.current();
    let known = site.gateway(&gateway).ok_or_else(|| missing(ObjectKind::Gateway, &gateway))?;
    let facts = desk.state.examiner.look(&site, known).await;
    Ok(Json(GatewayTested { findings: examine(&facts).into_iter().map(shown).collect() }))
}

fn shown(finding: Finding) -> GatewayFinding {
    let grade = match finding.grade {
        Grade::Fine => FindingGrade::Fine,
        Grade::Attention => FindingGrade::Attention,
        Grade::Fault => FindingGrade::Fault,
    };
    let diagnosis = finding.diagnosis.word().to_owned();
    GatewayFinding { diagnosis, grade, what: finding.what, remedy: finding.remedy }
}
