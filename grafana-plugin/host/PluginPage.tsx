import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import type { PluginPageProps } from '@grafana/runtime';
import { Tab, TabsBar, Text, useStyles2 } from '@grafana/ui';

/** npm's PluginPage renders only its children; Grafana's shows the heading, actions and tabs. */
export function HostPluginPage({ children, pageNav, actions, renderTitle, subTitle, info }: PluginPageProps) {
  const styles = useStyles2(getStyles);
  const title = pageNav?.text ?? '';
  const help = subTitle ?? pageNav?.subTitle;
  return (
    <main className={styles.page}>
      <header className={styles.header}>
        <div className={styles.title}>
          {renderTitle ? renderTitle(title) : <Text element="h1">{title}</Text>}
          {help && <Text color="secondary">{help}</Text>}
        </div>
        {info?.map(({ label, value }) => (
          <div key={label}>
            <Text variant="bodySmall" color="secondary">
              {label}
            </Text>
            <div>{value}</div>
          </div>
        ))}
        {actions}
      </header>
      {pageNav?.children && (
        <TabsBar>
          {pageNav.children.map((tab) => (
            <Tab
              key={tab.id ?? tab.text}
              label={tab.text}
              icon={tab.icon}
              href={tab.url}
              active={tab.active}
              counter={tab.tabCounter}
            />
          ))}
        </TabsBar>
      )}
      <div className={styles.body}>{children}</div>
    </main>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({
    flex: 1,
    minWidth: 0,
    padding: theme.spacing(3),
    [theme.breakpoints.down('md')]: { padding: theme.spacing(2) },
  }),
  header: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(2), alignItems: 'flex-start' }),
  title: css({ flex: 1 }),
  body: css({ paddingTop: theme.spacing(2) }),
});
