//! Why an act is refused: the guards of the law, each with its id, legal basis and cure.

use serde::Serialize;

use super::codes::Lang;

macro_rules! rules {
    ($($id:ident = $text:literal, $zh:literal, $en:literal;)+) => {
        /// A legal guard (section 11.4) or `None` where good order alone asks for it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $($id),+ }

        impl Rule {
            pub const ALL: &'static [Self] = &[$(Self::$id),+];

            /// `G-01` and so on.
            pub fn id(self) -> &'static str {
                match self { $(Self::$id => $text),+ }
            }

            /// The legal basis.
            pub fn basis(self, lang: Lang) -> &'static str {
                match self { $(Self::$id => lang.pick($zh, $en)),+ }
            }
        }
    };
}

rules! {
    G01 = "G-01", "人民调解法 第十七条", "People's Mediation Law art. 17";
    G02 = "G-02", "人民调解法 第十七条、第二十三条第二项", "People's Mediation Law arts 17, 23(2)";
    G03 = "G-03", "人民调解工作若干规定 第二十、二十二条；人民调解法 第十八条", "Rules arts 20, 22; People's Mediation Law art. 18";
    G04 = "G-04", "人民调解工作若干规定 第二十四条", "Rules art. 24";
    G05 = "G-05", "人民调解工作若干规定 第二十三条；人民调解法 第二十七条", "Rules art. 23; People's Mediation Law art. 27";
    G06 = "G-06", "人民调解法 第七至九条；人民调解工作若干规定 第二十一条", "People's Mediation Law arts 7–9; Rules art. 21";
    G07 = "G-07", "人民调解法 第十三、十四条、第二十三条第一项；特邀调解规定 第十五条", "People's Mediation Law arts 13–14, 23(1); Invited Mediation art. 15";
    G08 = "G-08", "人民调解工作若干规定 第二十五条", "Rules art. 25";
    G09 = "G-09", "人民调解工作若干规定 第二十五条", "Rules art. 25";
    G10 = "G-10", "人民调解工作若干规定 第三十条", "Rules art. 30";
    G11 = "G-11", "人民调解法 第二十条", "People's Mediation Law art. 20";
    G12 = "G-12", "人民调解法 第二十三条第三项；人民调解工作若干规定 第二十九条", "People's Mediation Law art. 23(3); Rules art. 29";
    G13 = "G-13", "民法典 第十九至二十三条、第一百四十五条；个人信息保护法 第三十一条", "Civil Code arts 19–23, 145; PIPL art. 31";
    G14 = "G-14", "民法典 第一百六十五、一百六十八条；民事诉讼法 第六十二条", "Civil Code arts 165, 168; Civil Procedure Law art. 62";
    G15 = "G-15", "民事诉讼法 第五十六条；宁波市多元化解条例 第二十条", "Civil Procedure Law art. 56; Ningbo art. 20";
    G16 = "G-16", "人民调解法 第二十七条", "People's Mediation Law art. 27";
    G17 = "G-17", "民事诉讼法解释 第一百零七条；人民调解法 第十五条第四项", "CPL Interpretation art. 107; People's Mediation Law art. 15(4)";
    G18 = "G-18", "人民调解法 第二十八条；劳动争议调解仲裁法 第十四条", "People's Mediation Law art. 28; Labour Mediation and Arbitration Law art. 14";
    G19 = "G-19", "人民调解法 第二十九条；人民调解工作若干规定 第三十五条", "People's Mediation Law art. 29; Rules art. 35";
    G20 = "G-20", "民法典 第一百四十三条、第一千零七十六至一千零七十九条；土地管理法 第十四条", "Civil Code arts 143, 1076–1079; Land Administration Law art. 14";
    G21 = "G-21", "人民调解法 第二十九条", "People's Mediation Law art. 29";
    G22 = "G-22", "电子签名法 第三条", "Electronic Signature Law art. 3";
    G23 = "G-23", "人民调解法 第三十三条；民事诉讼法 第二百零五条；民事诉讼法解释 第三百五十五条", "People's Mediation Law art. 33; Civil Procedure Law art. 205; CPL Interpretation art. 355";
    G24 = "G-24", "人民调解法 第二十六条", "People's Mediation Law art. 26";
    G25 = "G-25", "人民调解工作若干规定 第三十三条；医疗纠纷预防和处理条例 第三十八条", "Rules art. 33; Medical Disputes Regulation art. 38";
    G26 = "G-26", "人民调解法 第二十五条", "People's Mediation Law art. 25";
    G27 = "G-27", "反家庭暴力法 第十四、二十三至二十八条", "Anti-Domestic Violence Law arts 14, 23–28";
    G28 = "G-28", "未成年人保护法 第十一条", "Law on the Protection of Minors art. 11";
    G29 = "G-29", "精神卫生法 第二十八条；人民调解法 第二十五条", "Mental Health Law art. 28; People's Mediation Law art. 25";
    G34 = "G-34", "人民调解工作若干规定 第二十一条", "Rules art. 21";
    G35 = "G-35", "信访工作条例 第二十三条", "Petition Regulation art. 23";
    G36 = "G-36", "首办责任制", "First-receiver responsibility";
    G37 = "G-37", "人民调解法 第三条、第十七条；信访工作条例 第十一至十三条", "People's Mediation Law arts 3, 17; Petition Regulation arts 11–13";
    G38 = "G-38", "信访工作条例 第十九条", "Petition Regulation art. 19";
    G39 = "G-39", "人民调解法 第三十一条", "People's Mediation Law art. 31";
    G40 = "G-40", "人民调解法 第二十七条", "People's Mediation Law art. 27";
    G47 = "G-47", "个人信息保护法 第四十七条；档案法 第三十一条", "Personal Information Protection Law art. 47; Archives Law art. 31";
    G41 = "G-41", "人民调解法 第四条", "People's Mediation Law art. 4";
    G44 = "G-44", "评价由当事人作出", "Evaluation is the party's own";
    G45 = "G-45", "人民调解法 第十条；统计报表报送后冻结", "People's Mediation Law art. 10; a submitted return is frozen";
    G48 = "G-48", "土地管理法 第十四条", "Land Administration Law art. 14";
    G49 = "G-49", "民事诉讼法 第六十二条；个人信息保护法 第三十六、三十九条", "Civil Procedure Law art. 62; PIPL arts 36, 39";
    M49 = "M-49", "山东省多元化解纠纷促进条例 第二十四条；深圳经济特区矛盾纠纷多元化解条例 第七十三条", "Shandong art. 24; Shenzhen art. 73";
    M51 = "M-51", "特邀调解规定 第十八条", "Invited Mediation art. 18";
    M52 = "M-52", "人民法院在线调解规则 第四、十七条", "Online Mediation Rules arts 4, 17";
    V28 = "VO-28", "村民委员会组织法 第二十八条", "Organic Law of the Villagers' Committees art. 28";
    M78 = "M-78", "人民调解工作若干规定 第三十七条", "Rules art. 37";
}

macro_rules! refusals {
    ($($var:ident = $code:literal, $status:literal, $rule:expr, $zh:literal, $en:literal, $cure_zh:literal, $cure_en:literal;)+) => {
        /// A reason to refuse, one per thing a caller can cure.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason { $(#[doc = $en] $var),+ }

        impl Reason {
            pub const ALL: &'static [Self] = &[$(Self::$var),+];

            pub fn code(self) -> &'static str {
                match self { $(Self::$var => $code),+ }
            }

            /// HTTP status: 409 where time or another act can cure it, 422 where the input is wrong.
            pub fn status(self) -> u16 {
                match self { $(Self::$var => $status),+ }
            }

            pub fn rule(self) -> Option<Rule> {
                match self { $(Self::$var => $rule),+ }
            }

            pub fn title(self, lang: Lang) -> &'static str {
                match self { $(Self::$var => lang.pick($zh, $en)),+ }
            }

            pub fn cure(self, lang: Lang) -> &'static str {
                match self { $(Self::$var => lang.pick($cure_zh, $cure_en)),+ }
            }
        }
    };
}

use Rule::*;

refusals! {
    ConsentMissing = "consent_missing", 409, Some(G01), "尚有当事人未同意调解", "A party has not consented to mediation", "取得每一方当事人的明确同意；沉默不视为同意", "Record the express consent of every principal party; silence is not consent";
    StopDemanded = "stop_demanded", 409, Some(G02), "当事人已拒绝调解或要求终止", "A party has refused or demanded termination", "终止调解并告知途径", "Terminate mediation and tell the routes";
    NotScreened = "not_screened", 409, Some(G03), "尚未完成受理审查", "The matter has not been screened", "先完成受理审查", "Screen the matter first";
    OutOfScope = "out_of_scope", 409, Some(G03), "不属人民调解范围", "Outside the scope of people's mediation", "作出不予受理决定并告知途径", "Reject with the routes told";
    RoutesMissing = "routes_missing", 422, Some(G24), "未告知救济途径", "No routes were told", "填写与纠纷类型相符的途径", "Name routes that match the dispute type";
    RouteMismatch = "route_mismatch", 422, Some(G24), "所告知途径与纠纷类型不符", "A route does not match the dispute type", "改用与纠纷类型相符的途径", "Use routes that match the dispute type";
    CalmingMissing = "calming_missing", 422, Some(G04), "可能激化的纠纷须先采取缓和措施并移交", "A matter that may escalate needs calming measures and a hand-over", "填写缓和措施与移交单位", "State the calming measures and to whom it was handed over";
    RegistrationIncomplete = "registration_incomplete", 409, Some(G05), "登记要素不全", "Registration is incomplete", "补齐双方当事人、类型、来源、摘要；口头申请须有签字记录", "Complete the two sides, type, source and summary; an oral application needs a signed note";
    CommitteeInvalid = "committee_invalid", 409, Some(G06), "调委会无效、届满或无管辖依据", "The committee is not valid, out of term, or has no jurisdiction", "选择任期内且有管辖权的调委会", "Choose a committee in term with jurisdiction";
    MediatorNotEligible = "mediator_not_eligible", 409, Some(G07), "该人员不能担任本案调解员", "This person cannot mediate the case", "选择本调委会在任的成年调解员", "Choose an adult mediator in office in the committee";
    ConflictNotWaived = "conflict_not_waived", 409, Some(G07), "存在未经各方同意的利害关系", "A conflict of interest is not waived by all sides", "由各方当事人书面表示不要求回避，或更换调解员", "Have every side waive it, or appoint somebody else";
    ChairMissing = "chair_missing", 409, Some(G08), "没有调解主持人", "There is no chair", "指派一名调解主持人", "Appoint one chair";
    ChairTaken = "chair_taken", 409, Some(G08), "已有调解主持人", "There is a chair already", "先更换原主持人", "Replace the present chair first";
    RecusalOpen = "recusal_open", 409, Some(G09), "回避申请尚未处理", "A recusal request is open", "先调换被申请回避的调解员", "Replace the challenged mediator first";
    RightsNoticeMissing = "rights_notice_missing", 409, Some(G10), "尚未向到场当事人告知权利义务", "Rights and duties were not told to an attending party", "向每一到场当事人告知", "Tell them to every attending party";
    InviteeConsentMissing = "invitee_consent_missing", 409, Some(G11), "受邀人未经全体当事人同意", "An invited person lacks a party's consent", "取得每一方当事人的同意", "Record the consent of every principal party";
    PublicNotAllowed = "public_not_allowed", 409, Some(G12), "不得公开进行", "The session may not be public", "改为不公开", "Hold it in private";
    LegalRepMissing = "legal_rep_missing", 409, Some(G13), "无或限制民事行为能力人缺少法定代理人", "A party without full capacity has no legal representative", "登记并由法定代理人到场或签名", "Add the legal representative, who must attend and sign";
    ChildViewMissing = "child_view_missing", 409, Some(G13), "未记录八周岁以上未成年人的意愿", "The view of a child of eight or more is not recorded", "记录其意愿", "Record the child's view";
    OpposingRepresentative = "opposing_representative", 409, Some(G13), "代理人与被代理人利益相反", "The representative's interest opposes the represented", "更换法定代理人", "Use another guardian";
    MandateInvalid = "mandate_invalid", 409, Some(G14), "代理权限不足、过期或未签署", "The mandate is missing, expired or lacks the scope", "补交有效授权委托书", "File a valid mandate with the scope needed";
    AgentBothSides = "agent_both_sides", 409, Some(G14), "同一代理人不得代理双方", "One agent cannot act for both sides", "更换代理人", "Use another agent";
    TooManyRepresentatives = "too_many_representatives", 409, Some(G15), "每方代表人不得超过五名", "A side may have at most five representatives", "减少代表人", "Elect no more than five";
    RepresentativesMissing = "representatives_missing", 409, Some(G15), "群体一方尚未推选代表人", "A group side has no representative", "推选一至五名代表人并签署推选书", "Elect one to five with a signed mandate";
    MemberNotAuthorised = "member_not_authorised", 409, Some(G15), "成员未授权和解，不受协议约束", "A member has not authorised the settlement", "取得该成员授权，或不列入协议", "Get the member's authority or leave the member out";
    RecordMissing = "record_missing", 409, Some(G16), "缺少调解笔录", "The session has no record", "先制作笔录", "Draw up the record first";
    RecordUnsigned = "record_unsigned", 409, Some(G16), "笔录未签名，亦无拒签记录", "The record is unsigned and no refusal is noted", "各到场人签名，或由两名工作人员记明拒签", "Have everyone present sign, or note a refusal by two staff";
    ResultMissing = "result_missing", 422, Some(G16), "未填写调解结果", "No result is given", "填写调解结果", "Give the result";
    SingleStaffReason = "single_staff_reason", 422, Some(G16), "仅一名工作人员，须说明理由", "Only one member of staff: a reason is needed", "填写理由，或增加一名工作人员", "Give the reason, or add a second";
    OralNotAllowed = "oral_not_allowed", 409, Some(G18), "不得采用口头协议", "An oral agreement is not allowed", "制作书面协议", "Make a written agreement";
    ContentIncomplete = "content_incomplete", 409, Some(G19), "协议必备内容不全", "Required content is missing", "补齐所列内容", "Complete the content listed";
    AmountsDoNotSum = "amounts_do_not_sum", 422, Some(G19), "分期金额之和与总额不符", "The instalments do not add up to the total", "改正金额", "Correct the amounts";
    ContentForbidden = "content_forbidden", 422, Some(G20), "协议内容不得由调解确定", "Content that mediation cannot create", "删除该内容，另行办理", "Remove it; it needs another procedure";
    ContentWarningUnanswered = "content_warning_unanswered", 409, Some(G20), "内容提示未处理", "A content warning is unanswered", "删除该内容或填写理由", "Remove it or give the reason for keeping it";
    NotAllSigned = "not_all_signed", 409, Some(G21), "签署未完成", "Not everyone has signed", "完成全部签名与盖章", "Complete all signatures and the seal";
    SealBeforeSignatures = "seal_before_signatures", 409, Some(G21), "当事人及调解员签署前不得盖章", "The seal comes after the signatures", "先完成签名", "Complete the signatures first";
    ESignNotAllowed = "e_sign_not_allowed", 409, Some(G22), "该类文书不适用电子签名", "Electronic signature is not allowed here", "改用书面签名", "Sign on paper";
    ESignNotChosen = "e_sign_not_chosen", 409, Some(G22), "各方未约定使用电子签名", "The parties did not choose electronic signature", "由各方约定，或书面签名", "Have all parties choose it, or sign on paper";
    NotEffective = "not_effective", 409, Some(G23), "协议尚未生效", "The agreement is not in effect", "先完成签署", "Complete the signing first";
    WindowClosed = "window_closed", 409, Some(G23), "已超过三十日的共同申请期限", "The thirty-day window has closed", "告知可就协议起诉", "Tell the parties they may sue on the agreement";
    NotJoint = "not_joint", 409, Some(G23), "须由双方共同申请", "Both parties must apply together", "双方共同申请", "Apply together";
    NotConfirmable = "not_confirmable", 409, Some(G23), "协议内容不能司法确认", "This content cannot be confirmed", "告知其他途径", "Tell the other routes";
    ServiceProofMissing = "service_proof_missing", 422, Some(G24), "缺少送达证明", "Proof of service is missing", "填写送达方式与证明", "State how it was served";
    PastLimit = "past_limit", 409, Some(G25), "已超过调解期限", "The mediation limit has passed", "终止调解；延期须在期满前由双方签署", "Terminate; an extension must be signed by both before the limit";
    ExtensionNotSigned = "extension_not_signed", 422, Some(G25), "延期未经各方签署", "The extension is not signed by every side", "由各方签署", "Have every side sign";
    IncidentMissing = "incident_missing", 409, Some(G26), "红色风险未报告", "A red risk has not been reported", "报告公安机关或有关部门并填写回执", "Report it to the police or department with the receipt";
    NotQuiet = "not_quiet", 409, Some(G26), "未满三十日平稳期", "Thirty quiet days have not passed", "期满后再销号，或不主张预防成效", "Close it after the thirty days, or claim no prevention";
    LateReasonMissing = "late_reason_missing", 422, Some(G26), "报告已超过时限，须说明理由", "The report is late: a reason is needed", "填写迟报理由", "Give the reason for the delay";
    MeasuresMissing = "measures_missing", 409, Some(G26), "主张预防成效须有红色风险事件及所采取的措施", "A claim of prevention needs a red incident with the measures taken", "先登记采取的措施，或不主张预防成效", "Record the measures first, or claim no prevention";
    IncidentOpen = "incident_open", 409, Some(G26), "危险事件尚未销号", "An incident of danger is still open", "先将事件销号", "Close the incident first";
    SafetyPlanMissing = "safety_plan_missing", 409, Some(G26), "红色风险未制定安全预案", "A red-risk session needs a safety plan", "填写安全预案", "Write the safety plan";
    DvJointRefused = "dv_joint_refused", 409, Some(G27), "涉家暴案件未经受害人本人同意不得面对面调解", "No joint session without the victim's consent to it", "取得受害人对本次会议的同意，或分别调解", "Record the victim's consent to this session, or meet apart";
    DvReportMissing = "dv_report_missing", 409, Some(G27), "家暴受害人无或限制行为能力，必须报案", "Violence against a person without full capacity must be reported", "向公安机关报案并登记", "Report to the police and record it";
    ProtectionInfoMissing = "protection_info_missing", 409, Some(G27), "未告知人身安全保护令", "Protection-order information was not given", "告知并登记", "Give it and record it";
    MinorHarmNotReported = "minor_harm_not_reported", 409, Some(G28), "侵害未成年人须立即报告", "Harm to a minor must be reported at once", "立即报告公安、民政、教育并登记", "Report to police, civil affairs and education";
    MinorHarmNotMediable = "minor_harm_not_mediable", 409, Some(G28), "侵害行为本身不得调解", "The harm itself cannot be mediated", "移送有关机关", "Refer it to the competent organs";
    SupportFirst = "support_first", 409, Some(G29), "心理支持期间调解中止，须经两人复核后恢复", "Mediation stands still during psychological support until two persons have reviewed", "由心理负责人与另一有权人员复核", "Have the psychological lead and another entitled person review";
    TwoPersonsNeeded = "two_persons_needed", 409, Some(G29), "降级须两人复核并书面评估", "Two persons lower it together, by written assessment", "提交复核，由另一人确认", "Propose a review and have another person confirm it";
    SamePerson = "same_person", 409, Some(G29), "复核与确认不得为同一人", "The second reviewer must be another person", "由另一有权人员确认", "Have another entitled person confirm";
    PsyLeadMissing = "psy_lead_missing", 409, Some(G29), "两名复核人中须有心理服务负责人", "One of the two must lead the psychological service", "由心理服务负责人复核", "Have the psychological lead review";
    ReviewerOnTeam = "reviewer_on_team", 409, Some(G29), "本案调解人员不得评估、复核或结束", "Nobody on the mediating team may assess, review or close it", "由未参与本案调解的人员办理", "Have somebody who did not mediate the case do it";
    HandOverUnfit = "hand_over_unfit", 422, Some(G29), "高风险须移交医疗机构或公安机关", "At this tier the person goes to a hospital or the police", "移交医疗机构或公安机关", "Hand over to a hospital or the police";
    StepsOpen = "steps_open", 409, Some(G29), "处置步骤未完成", "Steps are still open", "完成所列步骤", "Do the steps listed";
    ReasonMissing = "reason_missing", 422, Some(G34), "未说明上报理由", "No reason for the escalation", "选择上报理由", "Give the reasons";
    HandlingMissing = "handling_missing", 422, Some(G34), "未说明已做工作", "What was done so far is missing", "填写已做工作", "State the handling so far";
    MaterialsMissing = "materials_missing", 422, Some(G34), "未附材料", "No materials attached", "附上材料", "Attach the materials";
    LevelSkipped = "level_skipped", 409, Some(G34), "非红色风险不得越级", "Only a red risk may skip a level", "逐级上报，或报告红色风险", "Go level by level, or report a red risk";
    TransferPending = "transfer_pending", 409, Some(G36), "已有待签收的移转", "A transfer is already pending", "等待签收、退回或撤回", "Wait for its answer or recall it";
    NoPendingTransfer = "no_pending_transfer", 409, Some(G36), "没有待签收的移转", "There is no pending transfer", "核对移转状态", "Check the state of the transfer";
    TransferDecided = "transfer_decided", 409, Some(G36), "该移转已处理", "The transfer was already decided", "核对移转状态", "Check the state of the transfer";
    ReceiverInvalid = "receiver_invalid", 422, Some(G36), "接收单位不符", "The receiving unit does not fit the verb", "选择合适的接收单位", "Choose a fitting unit";
    NotHolder = "not_holder", 409, Some(G36), "本单位不是责任单位", "Your unit is not the holder", "由责任单位办理", "Only the holder may do this";
    ResultOwed = "result_owed", 409, Some(G36), "交办事项尚未报告办理结果", "The result of an order is still owed", "先向交办单位报告结果", "Report the result to who ordered it first";
    ReturnLimit = "return_limit", 409, Some(G35), "同一对单位之间已退回两次", "Two returns between these units already", "提请联席会议决定", "Bring it to the joint conference";
    NotAPetition = "not_a_petition", 409, Some(G35), "不是信访事项", "This case is no petition", "核对办理程序", "Check the procedure of the case";
    PetitionAcceptedElsewhere = "petition_accepted_elsewhere", 409, Some(G38), "同一信访事项已受理，不再受理", "The same petition was accepted already and is not accepted again", "告知信访人已受理机关，并案或不予受理", "Tell the petitioner who accepted it; merge the case or do not accept it";
    PetitionNotAccepted = "petition_not_accepted", 409, Some(G35), "没有待答复的信访环节", "No stage of the petition waits for a reply", "先受理，或等信访人请求复查", "Accept it first, or wait until a review is asked for";
    PetitionUnanswered = "petition_unanswered", 409, Some(G35), "信访事项尚未书面答复", "The petition was not answered in writing", "先书面答复信访人", "Answer the petitioner in writing first";
    PetitionEnded = "petition_ended", 409, Some(G35), "信访事项已复核终结", "The petition ended with the second review", "告知信访人复核意见为终结意见", "Tell the petitioner that the second review is final";
    ReviewLate = "review_late", 409, Some(G35), "已超过请求复查复核的期限", "The time to ask for a review has passed", "告知信访人期限已过", "Tell the petitioner that the time has passed";
    TransferContested = "transfer_contested", 409, Some(G35), "受理权限有争议，等待裁定", "Whose case it is, is being decided", "签收办理，或等待共同上级或联席会议决定", "Accept it, or wait for the unit above or the joint conference";
    Designated = "designated", 409, Some(G35), "已指定办理单位，不得再退回、改派或争议", "The handling unit was designated: no return, redirection or contest any more", "由被指定单位签收办理", "The designated unit accepts it";
    NotContested = "not_contested", 409, Some(G35), "没有待裁定的受理争议", "Nobody contests it", "无需裁定", "Nothing to decide";
    NotDecider = "not_decider", 409, Some(G35), "本单位不是共同上级", "Your unit does not stand above both", "由共同上级或县中心裁定", "The unit above both, or the county centre, decides";
    MinutesMissing = "minutes_missing", 422, Some(G35), "没有作出同样决定的联席会议纪要", "No minutes of a joint conference say so", "先召开联席会议并形成指定该单位的纪要", "Hold the joint conference first; its minutes must designate this unit";
    ReturnLate = "return_late", 409, Some(G35), "已超过退回期限", "The time to return it has passed", "签收办理，或改派有权单位", "Accept it, or redirect it to the competent unit";
    NotReceiver = "not_receiver", 409, Some(G36), "本单位不是接收单位", "Your unit is not the receiver", "由接收单位办理", "Only the receiving unit may do this";
    NotSender = "not_sender", 409, Some(G36), "本单位不是发件单位", "Your unit is not the sender", "由发件单位办理", "Only the sending unit may do this";
    NotResponsible = "not_responsible", 409, Some(G36), "此任务由其他单位承担", "The task is another unit's", "由承担单位办理", "Only the unit responsible may do this";
    NotOrderer = "not_orderer", 409, None, "不是下达任务的单位", "Another unit ordered it", "由下达任务的单位办理", "Only who ordered it may do this";
    UnitUnfit = "unit_unfit", 422, None, "该单位不能承担任务", "The unit cannot be given a task", "选择在用的单位；法院不受交办", "Choose a unit that works; a court takes no orders";
    TaskEnded = "task_ended", 409, None, "任务已结束", "The task has ended", "核对任务状态", "Check the state of the task";
    TaskReported = "task_reported", 409, None, "结果已报，等待审核", "The result is reported and waits for a word", "先审核结果", "Accept it or send it back first";
    TaskNotReported = "task_not_reported", 409, None, "尚未报告结果", "No result is reported yet", "由承担单位先报告结果", "The unit responsible reports first";
    TaskFollows = "task_follows", 409, None, "此任务随吹哨或联席会议办理", "The task goes with its whistle or conference", "在吹哨或联席会议中办理", "Act on the whistle or the conference";
    WhistleNotHere = "whistle_not_here", 409, None, "只有乡镇或县中心可以吹哨", "Only a township desk or the county centre whistles", "先上报乡镇", "Send the case up to the township first";
    NobodyCalled = "nobody_called", 422, None, "未选择单位", "No unit is named", "选择单位", "Name the units";
    UnitUnaccounted = "unit_unaccounted", 422, None, "受邀单位须逐一登记到会或缺席", "Every unit invited is either present or absent", "逐一登记", "Account for each unit once";
    ItemIncomplete = "item_incomplete", 422, Some(G37), "议定事项须有承办单位和期限", "A resolution item needs a unit and a deadline", "填写承办单位和期限", "Give the unit and the deadline";
    ConferenceBindsNobody = "conference_binds_nobody", 422, Some(G37), "联席会议不得为当事人设定义务或代其达成协议", "A conference binds no party and makes no agreement", "另行组织调解，由当事人签署协议", "Mediate; the parties sign an agreement themselves";
    MinutesUnsigned = "minutes_unsigned", 409, Some(G37), "到会单位尚未全部签署纪要", "Not every unit present has signed the minutes", "登记签署或拒签", "Record each signature or refusal";
    OwnUnit = "own_unit", 409, None, "不得督办本单位", "A unit does not supervise itself", "由上级督办", "Leave it to the unit above";
    LevelNotRaised = "level_not_raised", 409, None, "同一事项再次督办应当升级", "A repeated order about the same thing is of a higher level", "选择所列级别或更高", "Choose the level listed or a higher one";
    OwnerUnfit = "owner_unfit", 422, None, "该人员不能包案", "This person cannot be put in charge", "选择在岗且有办件查看权限的领导", "Choose a leader in office with a role that reads cases";
    NotOwner = "not_owner", 409, None, "只有包案领导本人可以销号", "Only the leader in charge signs off", "由本人销号", "Have the leader sign off";
    NotSignedOff = "not_signed_off", 409, None, "包案领导尚未销号", "The leader in charge has not signed off", "由包案领导销号，或变更包案领导", "Have the leader sign off, or name another";
    TasksOpen = "tasks_open", 409, None, "仍有未办结的任务", "Tasks are still open", "先办结或撤销任务", "Finish or give up the tasks first";
    GroupApprovalMissing = "group_approval_missing", 409, Some(V28), "缺村民小组会议决议", "A villager group's meeting has not approved it", "登记村民小组会议", "Record the meeting of the group";
    GroupQuorumMissing = "group_quorum_missing", 422, Some(V28), "到会户代表不足三分之二", "Fewer than two thirds of the households were there", "重新召开会议", "Hold the meeting anew";
    GroupMajorityMissing = "group_majority_missing", 422, Some(V28), "未经到会人员过半数同意", "Not more than half of those present were in favour", "重新表决", "Vote anew";
    SenderConsentMissing = "sender_consent_missing", 422, Some(G35), "信访事项退回须经发件单位同意", "A petition goes back only with the sender's agreement", "征得发件单位同意，填写同意人和时间", "Obtain the sender's agreement and record who gave it and when";
    DefectsMissing = "defects_missing", 422, Some(G35), "未填写退回原因", "No defect is named", "选择退回原因并说明", "Name the defects and explain";
    ObligationsOpen = "obligations_open", 409, Some(G39), "仍有未履行义务", "Obligations are still open", "登记履行、放弃，或处理违约", "Record performance or waiver, or deal with the breach";
    NothingAgreed = "nothing_agreed", 409, Some(G39), "没有生效协议", "No agreement is in effect", "签署协议，或终止调解", "Sign an agreement, or terminate";
    DossierIncomplete = "dossier_incomplete", 409, Some(G40), "案卷不完整", "The dossier is incomplete", "补齐所列材料", "Complete the items listed";
    RetentionReasonMissing = "retention_reason_missing", 422, Some(G40), "延长保管期限未说明理由", "No reason is given for keeping it longer", "填写理由", "Give the reason";
    OneCaseOneDossier = "one_case_one_dossier", 409, Some(G40), "本案应当一案一卷，不得合订", "This case needs a dossier of its own", "不填合订卷号；仅口头协议、未成或撤回的短期案卷可以合订", "Leave the volume out; only short-kept oral, failed or withdrawn cases are bound together";
    LegalHold = "legal_hold", 409, None, "档案保全中", "Under a legal hold", "由督办人员解除保全", "Have a supervisor release the hold";
    RetentionRunning = "retention_running", 409, Some(G47), "保管期限未满", "The retention period is running", "等待期限届满并经鉴定", "Wait for its end and the appraisal";
    NoHold = "no_hold", 409, None, "没有档案保全", "There is no legal hold", "无需解除", "Nothing to release";
    FeeForbidden = "fee_forbidden", 422, Some(G41), "人民调解不收取任何费用", "Mediation is free of charge", "删除应付给调解组织或调解员的款项", "Remove any amount payable to the desk or a mediator";
    PerformanceUnproved = "performance_unproved", 422, Some(G39), "履行未经债权人确认，亦无凭证", "Neither the creditor's confirmation nor proof is given", "由债权人确认，或附上凭证", "Have the creditor confirm it, or name the proof";
    GroundMissing = "ground_missing", 422, Some(G24), "终止事由没有相应的登记", "Nothing on file supports this ground of termination", "选择相符的事由，或先登记当事人的表示", "Choose a ground that fits, or record the party's declaration first";
    EvaluationNotByParty = "evaluation_not_by_party", 422, Some(G44), "评价只能由当事人或其代理人作出", "Only a party or its agent may evaluate", "由当事人作出", "Have the party give it";
    EvaluationByTeam = "evaluation_by_team", 409, Some(G44), "承办本案的调解人员不得登记评价", "Whoever handled the case does not enter its evaluation", "由未承办本案的人员凭当事人签名的评价表登记，或由当事人本人在线评价", "Have somebody who is not on the team enter the paper the party signed, or leave it to the party's own code";
    EvaluationUnsigned = "evaluation_unsigned", 422, Some(G44), "评价表须有该当事人签名并已上传", "The paper must bear the party's signature and be stored", "上传当事人签名的评价表并登记签名人", "Store the paper the party signed and name who signed";
    FeedbackMissing = "feedback_missing", 409, Some(G44), "尚未向当事人反馈", "No feedback was given yet", "先反馈结果", "Give feedback first";
    ReturnFrozen = "return_frozen", 409, Some(G45), "已报送的统计表不能修改", "A submitted return cannot be changed", "如需更正，请编制修订表", "Make a revision to correct it";
    ReturnRevised = "return_revised", 409, Some(G45), "该期已有更新的报表", "A newer return for this period exists", "在最新一版上修订", "Revise the newest one";
    PeriodNotOver = "period_not_over", 409, Some(G45), "统计期尚未结束", "The period is not over", "期满后按期末以后的数据报送", "Submit after its end, with figures known after it";
    ReturnUnrevisable = "return_unrevisable", 409, Some(G45), "草稿无需修订", "A draft needs no revision", "直接更新草稿", "Refresh the draft";
    NobodyMet = "nobody_met", 422, None, "未填写被回访人", "Nobody was met", "填写见到的当事人或其他人", "Say whom you met";
    PerformanceMissing = "performance_missing", 422, None, "未填写履行比例", "How much is performed is not said", "填写履行百分比", "Give the percentage performed";
    FollowUpDue = "follow_up_due", 409, Some(G40), "回访到期未办", "A follow-up is due", "登记回访，或由负责人说明理由免访", "Record the visit, or have the head waive it with a reason";
    AlreadyEvaluated = "already_evaluated", 409, Some(G44), "该当事人已评价", "This party has evaluated already", "评价不可修改", "An evaluation cannot be changed";
    EnforcementNeedsConfirmation = "enforcement_needs_confirmation", 409, Some(M78), "未经司法确认不能申请强制执行", "Enforcement needs a confirmed agreement", "就协议起诉或申请司法确认", "Sue on the agreement or apply for confirmation";
    NotUrged = "not_urged", 409, Some(M78), "尚未督促履行", "Performance was not urged", "先督促履行", "Urge performance first";
    NotOverdue = "not_overdue", 409, Some(M78), "义务尚未到期", "The obligation is not overdue", "等待到期", "Wait until it is due";
    ShamUnderReview = "sham_under_review", 409, Some(M51), "涉嫌虚假调解，尚未排除", "Suspected of sham mediation and not cleared", "完成核查；查实的终止调解并报告", "Finish the review; where it is true, end mediation and report it";
    UndisputedFactsUnsigned = "undisputed_facts_unsigned", 422, Some(M49), "无争议事实须经各方当事人签字确认", "Undisputed facts are recorded only when every party has signed them", "请各方签字后登记签字人；有一方不签的不得记载", "Have every party sign and name who did; where one does not, nothing is recorded";
    LastOfSide = "last_of_side", 409, Some(G02), "该方再无其他当事人", "Nobody else is left on that side", "终止调解并告知途径", "Terminate mediation and tell the routes";
    InviteeLimited = "invitee_limited", 409, Some(G11), "涉家暴或侵害未成年人案件不得邀请此类人员", "Such persons may not be invited where violence or harm to a minor is at issue", "只邀请专业人员或陪同人", "Invite experts or a support person only";
    ForwardInstead = "forward_instead", 409, Some(G36), "不属本单位管辖的应当转送，不得不予受理", "Lack of jurisdiction is a reason to forward, not to reject", "转送有管辖权的单位", "Forward it to the unit with jurisdiction";
    SideMismatch = "side_mismatch", 422, None, "同一方不得既有申请人又有被申请人", "One side cannot hold applicants and respondents", "改正当事人所属方", "Correct the sides";
    OnlineConsentMissing = "online_consent_missing", 409, Some(M52), "到场当事人未同意线上调解", "An attending party has not consented to meeting online", "登记每一到场当事人对本次线上调解的同意，或改为线下", "Record each attending party's consent to this online session, or meet in person";
    Contradiction = "contradiction", 422, None, "填写内容相互矛盾", "The input contradicts itself or the record", "核对所列字段", "Check the members listed";
    RoomTaken = "room_taken", 409, None, "会议室已被占用", "The room is taken", "选择所列空闲时段", "Choose a free slot";
    PersonTaken = "person_taken", 409, None, "人员时间冲突", "A person is booked elsewhere", "选择所列空闲时段", "Choose a free slot";
    SessionOverlap = "session_overlap", 409, None, "本案已有进行中的会议", "A session of this case is already open", "先结束进行中的会议", "Close the open session first";
    NoLiveTeam = "no_live_team", 409, None, "没有承办调解员", "No mediator is appointed", "先指派调解员", "Appoint a mediator first";
    NobodyAttending = "nobody_attending", 409, None, "没有当事人到场", "No party is there", "登记缺席或延期", "Note the no-show, or postpone";
    NotAttending = "not_attending", 422, None, "该人员不在会议名单中", "The person is not on the session's list", "先加入名单", "Add the person first";
    UnknownReference = "unknown_reference", 422, None, "引用的对象不属于本案", "A reference does not belong to this case", "核对编号", "Check the ids";
    WrongState = "wrong_state", 409, None, "当前状态不允许此操作", "Not possible in the present state", "核对状态", "Check the state";
    AlreadyDone = "already_done", 409, None, "已经办理", "Already done", "无需重复办理", "Nothing to do";
    TimeOrder = "time_order", 422, None, "时间先后不符", "Times are out of order", "改正时间", "Correct the times";
    InFuture = "in_future", 422, None, "时间不得晚于现在", "The time lies in the future", "改正时间", "Correct the time";
    NotMergeable = "not_mergeable", 409, None, "不能并案", "The cases cannot be merged", "核对两件状态", "Check both cases";
    NotReopenable = "not_reopenable", 409, None, "不能重新启动", "The case cannot be reopened", "须双方同意、违约或变更", "Needs both sides' consent, a breach or a variation";
    NotPausable = "not_pausable", 409, None, "该期限不因此事由暂停", "This clock does not stand still for that reason", "法定期限不得由工作站暂停", "A statutory period is not paused by the desk";
    ClockPaused = "clock_paused", 409, None, "期限已暂停", "The clock stands still already", "先恢复计时", "Resume it first";
    ClockRunning = "clock_running", 409, None, "期限未暂停", "The clock is not paused", "无需恢复", "Nothing to resume";
    ClockEnded = "clock_ended", 409, None, "期限已结束", "The clock has ended", "无需办理", "Nothing to do";
    ClockRunOut = "clock_run_out", 409, Some(G25), "期限已届满", "The clock has run out", "期限届满后不得暂停或延长", "Not to be paused or extended afterwards";
    NotExtendable = "not_extendable", 409, None, "该期限不得延长", "This clock cannot be extended", "按期办理或终止", "Act in time, or terminate";
    ExtensionTooLong = "extension_too_long", 422, None, "超过可延长的最长期限", "Longer than the rule allows", "不晚于所列日期", "No later than the date listed";
    FileMissing = "file_missing", 409, None, "文件尚未上传", "The file is not stored yet", "先上传文件", "Upload the file first";
    RoleUnfit = "role_unfit", 422, None, "该角色不能设在此类单位", "This role cannot be held at such a unit", "选择与角色相符的单位", "Choose a unit that fits the role";
    RoleClash = "role_clash", 409, None, "违反职责分离：管理员与审计员不得兼任其他角色", "Separation of duties: an administrator or auditor holds no other role", "先收回相冲突的角色", "Revoke the clashing role first";
    OwnAccount = "own_account", 409, None, "不得为本人办理", "Not for your own account", "由另一名管理员办理", "Have another administrator do it";
    AccountDisabled = "account_disabled", 409, None, "账号已停用", "The account is disabled", "先启用账号", "Enable the account first";
    ParentUnfit = "parent_unfit", 422, None, "上级单位不符", "The parent unit does not fit", "县中心—乡镇—村，部门直属县中心，司法所属乡镇", "County centre, township desk, village station; departments under the county; a justice office under its township";
    UnitInUse = "unit_in_use", 409, None, "单位仍在使用", "The unit is still in use", "先移交在办件、停用下级单位", "Hand its live cases over and close the units below first";
    TermTooLong = "term_too_long", 422, Some(G06), "调委会任期不得超过三年", "A committee's term is at most three years", "改正任期", "Correct the term";
    CommitteeChairTaken = "committee_chair_taken", 409, Some(G06), "调委会已有主任", "The committee has a chair already", "先结束现任主任的任期", "End the present chair's membership first";
    ChairNotMember = "chair_not_member", 422, Some(G06), "主任须为委员", "The chair must be an elected member", "以委员身份登记", "Record the person as a member";
    NotAdult = "not_adult", 409, Some(G07), "调解员须为成年公民", "A mediator must be an adult", "登记出生日期；未满十八周岁不得担任", "Record the date of birth; nobody under eighteen may serve";
    MismatchedFile = "mismatched_file", 422, None, "文件内容与登记不符", "The file does not match its declaration", "核对文件", "Check the file";
}

/// A refusal, with the ids or codes that pin it down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: Reason,
    /// What it is about: ids of parties, missing items, free slots. Never personal data.
    pub items: Vec<String>,
    /// The guard where it is another than the reason's own: the same fault in another act.
    pub under: Option<Rule>,
}

impl Refusal {
    pub fn new(reason: Reason) -> Self {
        Self {
            reason,
            items: Vec::new(),
            under: None,
        }
    }

    pub fn about(reason: Reason, items: impl IntoIterator<Item = impl ToString>) -> Self {
        Self {
            reason,
            items: items.into_iter().map(|i| i.to_string()).collect(),
            under: None,
        }
    }

    /// The same refusal by another guard.
    pub fn under(self, rule: Rule) -> Self {
        Self {
            under: Some(rule),
            ..self
        }
    }

    /// The guard that refuses.
    pub fn rule(&self) -> Option<Rule> {
        self.under.or(self.reason.rule())
    }

    pub fn view(&self, lang: Lang) -> RefusalView {
        RefusalView {
            code: self.reason.code(),
            message: self.reason.title(lang),
            cure: self.reason.cure(lang),
            rule: self.rule().map(Rule::id),
            basis: self.rule().map(|r| r.basis(lang)),
            items: self.items.clone(),
        }
    }
}

/// A refusal as the caller sees it.
#[derive(Clone, Debug, Serialize)]
pub struct RefusalView {
    pub code: &'static str,
    pub message: &'static str,
    pub cure: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
}

/// Collects refusals; all failing guards are told at once.
#[derive(Debug, Default)]
pub struct Guards(Vec<Refusal>);

impl Guards {
    pub fn new() -> Self {
        Self::default()
    }

    /// Refuses with `reason` unless `ok`.
    pub fn require(&mut self, ok: bool, reason: Reason) {
        if !ok {
            self.add(Refusal::new(reason));
        }
    }

    /// Refuses with `reason`, naming the offenders, if there are any.
    pub fn forbid<T: ToString>(&mut self, offenders: impl IntoIterator<Item = T>, reason: Reason) {
        let refusal = Refusal::about(reason, offenders);
        if !refusal.items.is_empty() {
            self.add(refusal);
        }
    }

    /// Adds a refusal; the same one is told once.
    pub fn add(&mut self, refusal: Refusal) {
        if !self.0.contains(&refusal) {
            self.0.push(refusal);
        }
    }

    pub fn extend(&mut self, refusals: Vec<Refusal>) {
        refusals.into_iter().for_each(|r| self.add(r));
    }

    /// Nothing was refused so far.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Ok when nothing was refused.
    pub fn done(self) -> Result<(), Vec<Refusal>> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(self.0)
        }
    }

    pub fn into_inner(self) -> Vec<Refusal> {
        self.0
    }
}
