"""Every router of the service, by name: what is not listed here is not served."""

from fastapi import APIRouter

from api.pages import (
    account,
    assessment_acting,
    bulk,
    clock,
    decision_link,
    declare,
    drafts,
    exports,
    green_channel_acting,
    green_channel_confirm,
    inbox,
    key_contacts,
    links,
    people,
    ranking,
    settings,
    sign_in,
    survey_paper,
    survey_public,
)
from api.pages import assessment as assessment_pages
from api.pages import calendar as calendar_pages
from api.pages import care as care_pages
from api.pages import case_thread as case_thread_pages
from api.pages import cases as case_pages
from api.pages import complaints as complaint_pages
from api.pages import customers as customer_pages
from api.pages import dashboard as dashboard_pages
from api.pages import duties as duty_pages
from api.pages import erasing as erasing_pages
from api.pages import form_batches as form_batch_pages
from api.pages import forms as form_pages
from api.pages import green_channel as green_channel_pages
from api.pages import imports as import_pages
from api.pages import manager as manager_pages
from api.pages import notifications as notification_pages
from api.pages import ops as ops_pages
from api.pages import ops_bulk as ops_bulk_pages
from api.pages import ops_cases as ops_case_pages
from api.pages import ops_drift as ops_drift_pages
from api.pages import ops_releases as ops_release_pages
from api.pages import ops_runs as ops_run_pages
from api.pages import quarters as quarter_pages
from api.pages import regulation as regulation_pages
from api.pages import retention as retention_pages
from api.pages import rollout as rollout_pages
from api.pages import season as season_pages
from api.pages import spend as spend_pages
from api.pages import stand_ins as stand_in_pages
from api.pages import surveys as survey_pages
from api.pages import task_acts as task_act_pages
from api.pages import tasks as task_pages
from api.pages import updates as update_pages
from api.routes import (
    assessment,
    calendar,
    care,
    care_plan,
    case_thread,
    cases,
    complaints,
    customers,
    dashboard,
    description,
    duties,
    erasing,
    evaluations,
    events,
    forms,
    green_channel,
    health,
    imports,
    institutions,
    jobs,
    me,
    memberships,
    notifications,
    ops,
    ops_bulk,
    ops_cases,
    ops_releases,
    ops_runs,
    promises,
    qualifications,
    quarters,
    quotas,
    retention,
    rollout,
    rulebooks,
    seasons,
    spend,
    staff,
    stand_ins,
    surveys,
    task_bulk,
    task_desk,
    task_handing,
    tasks,
    tokens,
    updates,
    users,
)

API_ROUTERS: tuple[APIRouter, ...] = (
    tokens.router,
    me.router,
    events.router,
    notifications.router,
    institutions.router,
    staff.router,
    users.router,
    imports.router,
    customers.router,
    memberships.router,
    care_plan.router,
    promises.router,
    dashboard.router,
    green_channel.router,
    forms.router,
    evaluations.router,
    quotas.router,
    seasons.router,
    spend.router,
    rollout.router,
    jobs.router,
    calendar.router,
    rulebooks.router,
    qualifications.router,
    cases.router,
    case_thread.router,
    complaints.inquiries,
    complaints.router,
    tasks.router,
    task_bulk.router,
    task_desk.router,
    task_handing.router,
    stand_ins.router,
    updates.router,
    care.router,
    quarters.files,
    quarters.router,
    surveys.router,
    assessment.router,
    duties.router,
    ops.router,
    ops_releases.router,
    retention.router,
    erasing.router,
    ops_cases.router,
    ops_bulk.router,
    ops_runs.router,
)
"""Under `/api/v1`."""

PAGE_ROUTERS: tuple[APIRouter, ...] = (
    sign_in.router,
    links.router,
    decision_link.router,
    green_channel_confirm.router,
    survey_public.router,
    account.router,
    notification_pages.router,
    settings.router,
    people.router,
    drafts.router,
    exports.router,
    customer_pages.router,
    dashboard_pages.router,
    key_contacts.router,
    form_batch_pages.router,
    form_pages.router,
    care_pages.router,
    survey_pages.router,
    survey_paper.router,
    green_channel_pages.router,
    green_channel_acting.router,
    declare.router,
    ranking.router,
    manager_pages.router,
    season_pages.router,
    spend_pages.router,
    rollout_pages.router,
    import_pages.router,
    regulation_pages.router,
    inbox.router,
    bulk.router,
    clock.router,
    calendar_pages.router,
    stand_in_pages.router,
    task_pages.router,
    task_act_pages.router,
    case_pages.router,
    case_thread_pages.router,
    complaint_pages.router,
    quarter_pages.router,
    update_pages.router,
    assessment_acting.router,
    assessment_pages.router,
    duty_pages.router,
    ops_pages.router,
    ops_case_pages.router,
    ops_bulk_pages.router,
    ops_drift_pages.router,
    ops_run_pages.router,
    ops_release_pages.router,
    retention_pages.router,
    erasing_pages.router,
)
"""Pages; not part of the API description."""

ROOT_ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    description.router,
)
"""Outside `/api/v1`, for machines."""
