/// run_status.h <-> admin.proto. FromProto is total and validates what a newer aggregator might
/// send: kInvalidArgument names the field. Threads: pure.
#pragma once

#include "common/federation/backup_status.h"
#include "common/federation/run_status.h"

#include "consilium/v1/admin.pb.h"

namespace consilium {

v1::RunChange ToProto(const RunChange& change);
v1::RunSummary ToProto(const RunSummary& summary);
v1::SiteStatus ToProto(const SiteStatus& status);
v1::RunDetail ToProto(const RunDetail& detail);
v1::AdminEvent ToProto(const AdminEvent& event);
v1::BackupPart ToProto(const BackupPart& part);

Result<RunChange> FromProto(const v1::RunChange& message);
Result<RunSummary> FromProto(const v1::RunSummary& message);
Result<SiteStatus> FromProto(const v1::SiteStatus& message);
Result<RunDetail> FromProto(const v1::RunDetail& message);
AdminEvent FromProto(const v1::AdminEvent& message);
/// The bytes of a part are those of `message`.
Result<BackupPart> FromProto(const v1::BackupPart& message);

}  // namespace consilium
