//! A `cancel-desk serve` of its own process, and a database of its own.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use pg_sandbox::{Sandbox, credentials};
use tokio::time::sleep;

use crate::support::Server;
use crate::{CHAIPORT, TOKEN, call};

/// A server's process and its folder, both gone when dropped.
pub(crate) struct Desk {
    process: Child,
    pub(crate) address: SocketAddr,
    folder: PathBuf,
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _gone = self.process.wait();
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}

impl Desk {
    pub(crate) fn start(name: &str, sandbox: &Sandbox, database: &str, workers: usize) -> Self {
        let folder = std::env::temp_dir().join(format!("cancel-desk-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let config = format!(
            "[journal]\npostgres_url_env = \"T_DATABASE\"\n\
             [[account]]\ngateway = \"chaiport\"\nname = \"shop\"\nkey_env = \"T_KEY\"\nsecret_env = \"T_SECRET\"\n\
             endpoint = \"{}\"\n[http]\nlisten = \"{address}\"\ntoken_env = \"T_TOKEN\"\n[worker]\ncount = {workers}\n",
            sandbox.url(CHAIPORT)
        );
        let file = folder.join("cancel-desk.toml");
        std::fs::write(&file, config).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_cancel-desk"))
            .args(["--config".as_ref(), file.as_os_str(), "serve".as_ref()])
            .env("T_DATABASE", database)
            .env("T_KEY", credentials::CHAIPORT_KEY)
            .env("T_SECRET", credentials::CHAIPORT_SECRET)
            .env("T_TOKEN", TOKEN)
            .stdout(Stdio::null())
            .stderr(Stdio::from(std::fs::File::create(folder.join("log")).unwrap()))
            .spawn()
            .unwrap();
        Self { process, address, folder }
    }

    pub(crate) async fn ready(&self) {
        for _ in 0..600 {
            if matches!(call(self.address, "GET", "/readyz", "", "").await, Some((200, _))) {
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        panic!("the server does not get ready: {log}");
    }
}

/// A database of this test's own, by its URL.
pub(crate) async fn new_database(server: &Server) -> String {
    let name = Server::schema();
    let (client, connection) = tokio_postgres::connect(server.url(), tokio_postgres::NoTls).await.unwrap();
    let _ends_with_the_client = tokio::spawn(connection);
    client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    let (before, _) = server.url().rsplit_once('/').unwrap();
    format!("{before}/{name}")
}
