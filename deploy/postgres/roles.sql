-- The database roles of Suian. Plain SQL without psql variables, safe to run again at any time,
-- run inside the clinic's database by the embedded clinic (crm/embedded/roles.py) and by the
-- containers (deploy/postgres/init-database.sh). Passwords are set by the caller, which knows them.
--
-- suian_owner    owns the tables, runs migrations, nothing else
-- suian_app      what the web, the worker and beat sign in as
-- suian_auditor  may read the audit trail; entered with SET ROLE for the length of one query
-- suian_sealer   may write audit checkpoints; entered with SET ROLE by the sealer
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'suian_owner') THEN
    CREATE ROLE suian_owner;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'suian_app') THEN
    CREATE ROLE suian_app;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'suian_auditor') THEN
    CREATE ROLE suian_auditor;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'suian_sealer') THEN
    CREATE ROLE suian_sealer;
  END IF;
END
$$;

ALTER ROLE suian_owner WITH LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE suian_app WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE suian_auditor WITH NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE suian_sealer WITH NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

-- A transaction of the pages or the worker ends after 30 seconds, so that none holds up others or
-- the seals of the trail. What has to read longer says so (privacy/audit/unhurried.py). The owner,
-- who migrates, is not bound. Servers before version 17 know no such limit.
DO $$
BEGIN
  IF current_setting('server_version_num')::int >= 170000 THEN
    ALTER ROLE suian_app SET transaction_timeout = '30s';
  END IF;
END
$$;

-- What is done by hand, as owner or superuser, stands in the server's log with its text, without
-- bound values (log_parameter_max_length in suian.conf). Whoever sets a password turns it off first.
-- The owner cannot turn it off; a superuser can.
DO $$
BEGIN
  ALTER ROLE suian_owner SET log_statement = 'all';
  EXECUTE format('ALTER ROLE %I SET log_statement = ''all''', current_user);
END
$$;

-- Not inherited: a special right must be asked for by name, so it shows in the code that asks.
GRANT suian_auditor, suian_sealer TO suian_app WITH INHERIT FALSE, SET TRUE;
GRANT suian_app, suian_auditor, suian_sealer TO suian_owner WITH INHERIT FALSE, SET TRUE;

-- The clinic's database belongs to the owner and is closed to every role not named here.
DO $$
BEGIN
  EXECUTE format('ALTER DATABASE %I OWNER TO suian_owner', current_database());
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO suian_app', current_database());
END
$$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO suian_app, suian_auditor, suian_sealer;
