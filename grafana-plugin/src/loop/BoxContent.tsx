/** What a box of the picture says: what the policy has written, and how it stands now. */
import type { LoopMap, RiskTier } from '@countersign/contract';
import { alertTiers } from '@countersign/contract';
import { Badge } from '@grafana/ui';
import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { t } from '../parts/i18n';
import { breakerColor, breakerShort, levelText, percent, riskText, tierText } from '../parts/words';
import { routes } from '../routes';
import { modelsOf, tiersAlone, type Content } from './structure';

export function titleOf(content: Content): string {
  switch (content.is) {
    case 'source':
      return content.source.name;
    case 'decision':
      return content.point.asks;
    case 'rule':
      return riskText(content.tier);
    case 'queue':
      return t('loop.queue', 'Review queue');
    case 'roles':
      return t('loop.roles', 'People in their roles');
    case 'breaker':
      return t('loop.breaker', 'Breaker');
    case 'alone':
      return t('loop.alone', 'The AI acts alone');
    case 'service':
      return t('loop.service', 'The service');
    case 'outcomes':
      return t('loop.outcomes', 'What came of it');
    case 'alerts':
      return t('loop.alerts', 'Alerts');
    case 'told':
      return `${content.nth + 1}. ${content.tier.name}`;
    case 'harm':
      return content.harm.name;
  }
}

export function BoxContent({ map, content }: { map: LoopMap; content: Content }): ReactNode {
  switch (content.is) {
    case 'source': {
      const { fresh_within: span } = content.source;
      return span === undefined ? null : t('loop.fresh', 'not older than {{span}}', { span });
    }
    case 'decision':
      return content.point.model;
    case 'rule':
      return <Rule map={map} tier={content.tier} />;
    case 'queue':
      return <ReviewQueue map={map} />;
    case 'roles':
      return (
        <dl>
          {map.loop.human_roles.map(({ name, does }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
      );
    case 'breaker':
      return <Breakers map={map} />;
    case 'alone': {
      const tiers = tiersAlone(map);
      return tiers.length === 0 ? t('loop.alone-never', 'never') : risksText(tiers);
    }
    case 'service':
      return t('loop.service-does', 'carries out what was decided, and takes back what people overrule');
    case 'outcomes':
      return t('loop.outcomes-are', 'verdicts, outcomes and complaints: the model is measured by them');
    case 'alerts':
      return <Alerts map={map} />;
    case 'told':
      return <Told tier={content.tier} />;
    case 'harm':
      return t('loop.harm', '{{to}}, {{risk}}', { to: content.harm.to, risk: riskText(content.harm.risk_tier) });
  }
}

const risksText = (tiers: readonly RiskTier[]): string => tiers.map((tier) => riskText(tier)).join(', ');

function Rule({ map, tier }: { map: LoopMap; tier: RiskTier }) {
  const { reversible, irreversible, confidence_at_least } = map.automation[tier];
  return (
    <>
      <p>{t('loop.reversible', 'can be undone: {{level}}', { level: levelText(reversible) })}</p>
      <p>{t('loop.irreversible', 'cannot be undone: {{level}}', { level: levelText(irreversible) })}</p>
      <p>
        {tiersAlone(map).includes(tier)
          ? t('loop.confidence', 'alone from {{share}} sure', { share: percent(confidence_at_least) })
          : t('loop.never-alone', 'never alone')}
      </p>
    </>
  );
}

/** Each count has a line of its own, so that nothing moves when a number grows. */
function ReviewQueue({ map: { waiting, claimed, overdue, priorities } }: { map: LoopMap }) {
  return (
    <>
      <p>
        <Link to={routes.review()}>
          {[
            t('loop.waiting', '{{waiting}} waiting', { waiting }),
            t('loop.claimed', '{{claimed}} with a reviewer', { claimed }),
            t('loop.overdue', '{{overdue}} overdue', { overdue }),
          ].map((line) => (
            <div key={line}>{line}</div>
          ))}
        </Link>
      </p>
      {priorities.map(({ priority, risk_tiers, within }) => (
        <p key={priority}>
          {t('loop.priority', '{{priority}}: {{risks}} within {{span}}', {
            priority,
            risks: risksText(risk_tiers),
            span: within,
          })}
        </p>
      ))}
    </>
  );
}

/** That of the whole model first, which is closed until it moves, and those of its risk tiers that ever moved. */
function Breakers({ map }: { map: LoopMap }) {
  return modelsOf(map).map((model) => {
    const of = map.breakers.filter(({ model_name }) => model_name === model);
    const whole = of.find(({ risk_tier }) => risk_tier === null)?.state ?? 'closed';
    const ofTiers = of.flatMap(({ risk_tier, state }) => (risk_tier === null ? [] : [{ risk_tier, state }]));
    return (
      <p key={model}>
        {model}{' '}
        {[{ risk_tier: null, state: whole }, ...ofTiers].map(({ risk_tier, state }) => (
          <Link key={risk_tier ?? '*'} to={routes.response()}>
            <Badge
              text={
                risk_tier === null
                  ? breakerShort(state)
                  : t('loop.breaker-of', '{{risk}}: {{state}}', {
                      risk: riskText(risk_tier),
                      state: breakerShort(state),
                    })
              }
              color={breakerColor[state]}
            />
          </Link>
        ))}
      </p>
    );
  });
}

function Alerts({ map: { breaker_opens_on, escalation } }: { map: LoopMap }) {
  const risks = ['low', 'medium', 'high'] as const;
  const opening = alertTiers
    .map((tier) => ({ tier, of: risks.filter((risk) => breaker_opens_on[risk] === tier) }))
    .filter(({ of }) => of.length > 0);
  return (
    <>
      {opening.map(({ tier, of }) => (
        <p key={tier}>
          {of.length === risks.length
            ? t('loop.opens', 'from {{tier}} on: the breaker opens', { tier: tierText(tier) })
            : t('loop.opens-of', 'from {{tier}} on: the breaker of {{risks}} opens', {
                risks: risksText(of),
                tier: tierText(tier),
              })}
        </p>
      ))}
      <p>{t('loop.tells', 'from {{tier}} on: people are told', { tier: tierText(escalation.opens_on) })}</p>
    </>
  );
}

function Told({ tier: { do: does = [], notify, wait } }: { tier: LoopMap['escalation']['tiers'][number] }) {
  return (
    <>
      {does.map((action) => (
        <p key={action}>
          {action === 'pause'
            ? t('response.incident.pauses', 'pauses the AI')
            : t('response.incident.freezes', 'freezes the rollout')}
        </p>
      ))}
      {notify.length > 0 && <p>{t('loop.notified', 'told by {{channels}}', { channels: notify.join(', ') })}</p>}
      {wait !== undefined && <p>{t('loop.wait', '{{span}} to answer, then the next', { span: wait })}</p>}
    </>
  );
}
