use admin_api::{Finding, FindingGrade};

use crate::client::{Client, path};
use crate::failure::Failure;
use crate::report::{self, Format, counted, talk};
use crate::test_gateway::lines;

/// `um doctor`
pub(crate) async fn run(client: &Client, format: Format) -> Result<(), Failure> {
    let findings: Vec<Finding> = client.get(&path(&["findings"])).await?;
    match format.json {
        true => report::json(&findings)?,
        false if findings.is_empty() => talk("nothing deserves a look"),
        false => report::text(&lines(&findings))?,
    }
    let faults = findings.iter().filter(|finding| finding.grade == FindingGrade::Fault).count();
    match faults {
        0 => Ok(()),
        faults => Err(Failure::no(
            format!("{} by which calls fail", counted(faults as u64, "fault", "faults")),
            "the remedy of each stands below it",
        )),
    }
}
