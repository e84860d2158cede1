"""Parts of the decision page of a gold declaration, as `samples.task` shows it."""

from api.pages.format import mask_name, mask_phone
from api.pages.view.common import Article, Link
from api.pages.view.task import ChangeRow, Comparison, Declaration, Fact


def comparison() -> Comparison:
    """What the second round changed: one premium, and the value with it."""
    return Comparison(
        before_title="第 1 轮",
        after_title="第 2 轮",
        note="第 1 轮于 1月27日 被 赵敏 退回",
        rows=(
            ChangeRow(
                field="A 类实收保费",
                field_hint="P-2025-0117",
                before="720,000.00",
                after="800,000.00",
                effect="客户价值 +92,000 元",
                effect_hint="排名 41 → 37",
            ),
        ),
    )


def declaration() -> Declaration:
    """附件一 in brief, names and numbers masked."""
    return Declaration(
        title="申报信息",
        articles=(Article(text="附件一"),),
        full=Link(text="查看全表", href="/forms/1/c1"),
        facts=(
            Fact(label="客户号", value="C010207"),
            Fact(label="行业", value="软件和信息技术"),
            Fact(label="员工 / 参保", value="3,120 / 2,984 人"),
            Fact(label="现有层级", value="银牌（2025）"),
            Fact(label="第一服务对象", value=f"{mask_name('周平')} 董事长", hint=mask_phone("13800002071")),
            Fact(label="第二服务对象", value=f"{mask_name('林华')} 人事总监", hint=mask_phone("13900006610")),
            Fact(label="申报理由", value="连续四年增员，统保覆盖 2 城市，拟扩展补充医疗。", wide=True),
        ),
    )
