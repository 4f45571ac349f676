-- Makes the database and the login of the programs on a SQL Server; for sqlcmd, as an administrator. May run again: what is
-- there stays, and the login gets the password of this run.
--
--   APP_PASSWORD=… sqlcmd -S HOST -U ADMINISTRATOR -b -i db/setup.mssql.sql -v DATABASE=order_staging LOGIN=order_staging
--
-- The password is taken from the environment, where other users of the machine do not see it; it may not contain a quote.
:on error exit
set nocount on;
use master;
go

if db_id(N'$(DATABASE)') is null create database [$(DATABASE)];
go

-- Readers see what was committed when their statement began, instead of waiting for writers; the programs insist on it.
if exists (select 1 from sys.databases where name = N'$(DATABASE)' and is_read_committed_snapshot_on = 0)
  alter database [$(DATABASE)] set read_committed_snapshot on with rollback immediate;
go

if suser_id(N'$(LOGIN)') is null
  create login [$(LOGIN)] with password = N'$(APP_PASSWORD)', default_database = [$(DATABASE)];
else
  alter login [$(LOGIN)] with password = N'$(APP_PASSWORD)';
go

use [$(DATABASE)];
go

-- No owner and no administrator: rows and, because the programs bring the schema up to date when they start, tables.
if user_id(N'$(LOGIN)') is null create user [$(LOGIN)] for login [$(LOGIN)];
alter role db_datareader add member [$(LOGIN)];
alter role db_datawriter add member [$(LOGIN)];
alter role db_ddladmin add member [$(LOGIN)];
go
