use admin_api::{Finding, FindingGrade, GatewayTest, GatewayTested};
use clap::Args;

use crate::client::{Client, path};
use crate::failure::Failure;
use crate::report::{self, Format};

/// `um test gateway`
#[derive(Args, Debug)]
pub(crate) struct TestGateway {
    /// The gateway.
    gateway: String,
    #[command(flatten)]
    format: Format,
}

impl TestGateway {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let order = GatewayTest { gateway: self.gateway };
        let tested: GatewayTested = client.post(&path(&["test", "gateway"]), &order).await?;
        match self.format.json {
            true => report::json(&tested)?,
            false => report::text(&lines(&tested.findings))?,
        }
        let mut faults = tested.findings.into_iter().filter(|finding| finding.grade == FindingGrade::Fault);
        match faults.next() {
            None => Ok(()),
            Some(first) => Err(Failure::no(first.what, first.remedy)),
        }
    }
}

/// One finding a line, and below it what to do.
pub(crate) fn lines(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let grade = match finding.grade {
            FindingGrade::Fine => "ok   ",
            FindingGrade::Attention => "look ",
            FindingGrade::Fault => "fault",
        };
        let remedy = match finding.remedy.as_str() {
            "" => String::new(),
            remedy => format!("       {remedy}\n"),
        };
        format!("{grade}  {}\n{remedy}", finding.what)
    };
    findings.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finding_stands_on_a_line_and_its_remedy_below() {
        let finding = |grade, what: &str, remedy: &str| Finding {
            diagnosis: "word".to_owned(),
            grade,
            what: what.to_owned(),
            remedy: remedy.to_owned(),
        };

        let text = lines(&[
            finding(FindingGrade::Fine, "gw1.example.com is 192.0.2.7", ""),
            finding(FindingGrade::Fault, "nobody listens at 192.0.2.7:5061", "start the gateway"),
        ]);

        assert_eq!(
            text,
            "ok     gw1.example.com is 192.0.2.7\nfault  nobody listens at 192.0.2.7:5061\n       start the gateway\n"
        );
    }
}
