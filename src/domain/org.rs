//! Organisation: units, committees, staff, grants.

use serde::Serialize;

use super::codes::codes;
use super::ids::*;
use super::secret::Secret;
use super::time::{Instant, LocalDate};

codes! {
    /// Kind of organisational unit.
    OrgKind in "org_kind" {
        CountyCentre = "county_centre", "县矛盾纠纷调处中心", "County conflict centre";
        TownshipDesk = "township_desk", "乡镇解忧杂货铺", "Township worry-relief desk";
        VillageStation = "village_station", "村心灵驿站", "Village heart station";
        Department = "department", "部门", "Department";
        Court = "court", "法院", "Court";
        PoliceStation = "police_station", "派出所", "Police station";
        JusticeOffice = "justice_office", "司法所", "Township justice office";
    }
    /// Kind of people's mediation committee (人民调解法 第八、三十四条).
    CommitteeKind in "committee_kind" {
        Village = "village", "村调委会", "Village committee";
        Neighbourhood = "neighbourhood", "居调委会", "Neighbourhood committee";
        Township = "township", "乡镇调委会", "Township committee";
        Subdistrict = "subdistrict", "街道调委会", "Subdistrict committee";
        Enterprise = "enterprise", "企事业单位调委会", "Enterprise committee";
        Industry = "industry", "行业性专业性调委会", "Industry or professional committee";
        Other = "other", "社会团体和其他组织调委会", "Committee of another organisation";
    }
    /// How a mediator came to the committee (人民调解法 第十三条).
    AppointmentKind in "appointment_kind" {
        Member = "member", "委员", "Elected member";
        Engaged = "engaged", "聘任", "Engaged mediator";
    }
    /// What a staff member may be; scoped to a unit.
    Role in "role" {
        VillageSteward = "village_steward", "驿站管理员", "Village steward";
        Shopkeeper = "shopkeeper", "掌柜", "Shopkeeper (assistant)";
        Mediator = "mediator", "调解员", "Mediator";
        Recorder = "recorder", "记录员", "Recorder";
        DeskHead = "desk_head", "乡镇负责人", "Desk head";
        JusticeOffice = "justice_office", "司法所工作人员", "Justice office";
        CountyDispatcher = "county_dispatcher", "县中心调度员", "County dispatcher";
        CountySupervisor = "county_supervisor", "县督办员", "County supervisor";
        DeptLiaison = "dept_liaison", "部门联络员", "Department liaison";
        Archivist = "archivist", "档案员", "Archivist";
        PsyLead = "psy_lead", "心理服务负责人", "Psychological lead";
        CrisisOfficer = "crisis_officer", "危机处置员", "Crisis officer";
        Auditor = "auditor", "审计员", "Auditor";
        SysAdmin = "sys_admin", "系统管理员", "System administrator";
        SecAdmin = "sec_admin", "安全管理员", "Security administrator";
    }
    /// State of a user account.
    UserState in "user_state" {
        Invited = "invited", "待激活", "Invited";
        Active = "active", "正常", "Active";
        Disabled = "disabled", "停用", "Disabled";
    }
    /// Declared relation of a staff member to a person (conflict checks, G-07).
    RelativeKind in "relative_kind" {
        Spouse = "spouse", "配偶", "Spouse";
        Parent = "parent", "父母", "Parent";
        Child = "child", "子女", "Child";
        Sibling = "sibling", "兄弟姐妹", "Sibling";
        Cousin = "cousin", "堂表亲", "Cousin";
        OtherKin = "other_kin", "其他亲属", "Other relative";
        Household = "household", "同户", "Same household";
        Employer = "employer", "雇佣关系", "Employment";
    }
}

/// An organisational unit; the tree is county centre → township desk → village station.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OrgUnit {
    pub id: OrgId,
    pub kind: OrgKind,
    pub parent_id: Option<OrgId>,
    pub name: String,
    pub division_code: Option<String>,
    /// The township desk this unit is or belongs to; `None` at county level.
    pub desk_id: Option<OrgId>,
    pub seal_no: Option<String>,
    pub active: bool,
    pub created_at: Instant,
}

/// A people's mediation committee, the legal mediator (人民调解法 第七至九条).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Committee {
    pub id: CommitteeId,
    pub org_id: OrgId,
    pub kind: CommitteeKind,
    pub name: String,
    /// The word before 人调字 in case numbers.
    pub prefix: String,
    pub seal_no: String,
    pub term_from: LocalDate,
    pub term_to: LocalDate,
    pub active: bool,
    pub created_at: Instant,
}

/// A committee member or engaged mediator (人民调解法 第八、十三、十四条).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Member {
    pub id: MemberId,
    pub committee_id: CommitteeId,
    pub user_id: UserId,
    pub appointment: AppointmentKind,
    pub full_time: bool,
    pub is_chair: bool,
    pub female: bool,
    pub from_on: LocalDate,
    pub to_on: Option<LocalDate>,
    pub created_at: Instant,
}

/// A user of the system.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct User {
    pub id: UserId,
    pub username: String,
    pub name: String,
    pub email: Option<String>,
    #[serde(skip)]
    pub phone: Option<Secret>,
    #[serde(skip)]
    pub id_no: Option<Secret>,
    #[serde(skip)]
    pub address: Option<Secret>,
    pub birth_date: Option<LocalDate>,
    pub locale: String,
    pub state: UserState,
    #[serde(skip)]
    pub password_phc: Option<String>,
    pub password_changed_at: Option<Instant>,
    /// Rises when every session must end at once.
    #[serde(skip)]
    pub epoch: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// A role held at a unit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Grant {
    pub id: GrantId,
    pub user_id: UserId,
    pub role: Role,
    pub org_id: OrgId,
    pub granted_by: Option<UserId>,
    pub granted_at: Instant,
    pub revoked_at: Option<Instant>,
}

/// A declared relative or tie of a staff member.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Relative {
    pub id: RelativeId,
    pub user_id: UserId,
    pub kind: RelativeKind,
    pub name: String,
    #[serde(skip)]
    pub id_no: Option<Secret>,
    #[serde(skip)]
    pub phone: Option<Secret>,
    pub created_at: Instant,
}

/// A room that sessions are held in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Room {
    pub id: RoomId,
    pub org_id: OrgId,
    pub name: String,
    pub capacity: i32,
    pub active: bool,
}
