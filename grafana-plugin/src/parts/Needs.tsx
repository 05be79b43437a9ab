/** A page for those who may see it; others are told which role would let them, and where they can go. */
import { PluginPage } from '@grafana/runtime';
import { Alert, LinkButton } from '@grafana/ui';
import type { ReactNode } from 'react';
import { hrefOf, may, routes, type Permission } from '../routes';
import { t } from './i18n';
import { words } from './words';

const roleText = words<Permission>({
  read: () => t('parts.role.read', 'Countersign viewer'),
  decide: () => t('parts.role.decide', 'Countersign reviewer'),
  audit: () => t('parts.role.audit', 'Countersign auditor'),
  operate: () => t('parts.role.operate', 'Countersign SRE'),
  approve: () => t('parts.role.approve', 'Countersign approver'),
});

export function Needs({ permission, children }: { permission: Permission; children: ReactNode }) {
  if (may(permission)) return children;
  return (
    <PluginPage pageNav={{ text: t('parts.not-yours', 'Not for your role') }}>
      <Alert
        severity="info"
        title={t('parts.needs', 'This page is for the role “{{role}}”', { role: roleText(permission) })}
      >
        <p>{t('parts.needs-next', 'An administrator of Grafana can give it to you, under Users and access.')}</p>
        {may('read') && (
          <LinkButton variant="secondary" size="sm" href={hrefOf(routes.review())}>
            {t('parts.to-review', 'To the review queue')}
          </LinkButton>
        )}
      </Alert>
    </PluginPage>
  );
}
