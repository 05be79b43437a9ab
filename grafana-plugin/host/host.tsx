/** The page that hosts the app without Grafana: Grafana's own libraries, a menu, and a switch for who one is. */
import './boot.ts';
import { css } from '@emotion/css';
import {
  createTheme,
  EventBusSrv,
  PluginContextProvider,
  PluginIncludeType,
  ThemeContext,
  type AppPlugin,
  type AppPluginMeta,
  type PanelPlugin,
  type PanelProps,
  type GrafanaTheme2,
  type PluginInclude,
  type PluginMeta,
} from '@grafana/data';
import {
  config,
  locationService,
  LocationServiceProvider,
  setAppEvents,
  setBackendSrv,
  setCurrentUser,
  setDataSourceSrv,
  setLocationSrv,
  setPluginComponentHook,
  setPluginComponentsHook,
  setPluginFunctionsHook,
  setPluginLinksHook,
  ThemeChangedEvent,
  type DataSourceSrv,
} from '@grafana/runtime';
import {
  Button,
  ErrorBoundaryAlert,
  GlobalStyles,
  LoadingPlaceholder,
  Modal,
  PortalContainer,
  TextLink,
  useStyles2,
} from '@grafana/ui';
import { Suspense, useEffect, useLayoutEffect, useState, type ComponentType, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { Navigate, Route, Router, Routes, type NavigationType } from 'react-router-dom';
import { HostBackendSrv } from './backend-srv.ts';
import { bindGrafanaKeys } from './grafana-keys.ts';
import { loadAppPlugin, loadPanelPlugin } from './loader.ts';
import { HostPluginPage } from './PluginPage.tsx';
import { Toasts } from './Toasts.tsx';
import { userCookie } from './users.ts';

const events = new EventBusSrv();
setAppEvents(events);
setBackendSrv(new HostBackendSrv(events));
setLocationSrv(locationService);
setCurrentUser(config.bootData.user);
// There are no data sources here.
setDataSourceSrv({
  get: () => Promise.reject(new Error('there are no data sources')),
  getList: () => [],
  getInstanceSettings: () => undefined,
  reload: () => undefined,
} as unknown as DataSourceSrv);
setPluginLinksHook(() => ({ links: [], isLoading: false }));
setPluginComponentHook(() => ({ component: null, isLoading: false }));
setPluginComponentsHook(() => ({ components: [], isLoading: false }));
setPluginFunctionsHook(() => ({ functions: [], isLoading: false }));

/** Grafana's history behind React Router 6, as its CompatRouter has it. */
function GrafanaRouter({ children }: { children: ReactNode }) {
  const history = locationService.getHistory();
  const [state, setState] = useState(() => ({ location: history.location, action: history.action }));
  useLayoutEffect(() => history.listen((location, action) => setState({ location, action })), [history]);
  return (
    <Router location={state.location} navigationType={state.action as NavigationType} navigator={history}>
      {children}
    </Router>
  );
}

interface Loaded {
  readonly meta: AppPluginMeta;
  readonly plugin: AppPlugin;
}

function Host({ meta, plugin }: Loaded) {
  const [theme, setTheme] = useState<GrafanaTheme2>(config.theme2);
  useLayoutEffect(() => {
    document.body.className = `theme-${theme.isDark ? 'dark' : 'light'}`;
  }, [theme]);
  const toggleTheme = () => {
    const mode = theme.isDark ? 'light' : 'dark';
    const next = createTheme({ colors: { mode } });
    config.theme2 = next;
    config.theme = next.v1;
    window.localStorage.setItem('host.theme', mode);
    setTheme(next);
    events.publish(new ThemeChangedEvent(next));
  };
  const [helps, setHelps] = useState(false);
  useEffect(() => bindGrafanaKeys({ onHelp: () => setHelps(true), onTheme: toggleTheme }));
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <LocationServiceProvider service={locationService}>
        <GrafanaRouter>
          <Layout meta={meta} isDark={theme.isDark} onToggleTheme={toggleTheme}>
            <Routes>
              <Route path={`/a/${meta.id}/*`} element={<App meta={meta} plugin={plugin} />} />
              <Route path={`/plugins/${meta.id}`} element={<Configuration meta={meta} plugin={plugin} />} />
              <Route path="/d/queue" element={<Dashboard />} />
              <Route path="*" element={<Navigate to={`/a/${meta.id}`} replace />} />
            </Routes>
          </Layout>
          <Toasts events={events} />
          {helps && (
            <Modal title="Shortcuts" isOpen onDismiss={() => setHelps(false)}>
              Grafana’s own keys.
            </Modal>
          )}
        </GrafanaRouter>
      </LocationServiceProvider>
      <PortalContainer />
    </ThemeContext.Provider>
  );
}

function App({ meta, plugin: { root: Root } }: Loaded) {
  return (
    <ErrorBoundaryAlert style="page">
      <Suspense fallback={<LoadingPlaceholder text="" />}>
        <PluginContextProvider meta={meta}>
          {Root && (
            <Root
              meta={meta}
              basename={`/a/${meta.id}`}
              path={window.location.pathname}
              query={{}}
              onNavChanged={() => {}}
            />
          )}
        </PluginContextProvider>
      </Suspense>
    </ErrorBoundaryAlert>
  );
}

/** As Grafana shows the app's own page among its plugins. */
function Configuration({ meta, plugin }: Loaded) {
  const [page] = plugin.configPages ?? [];
  if (page === undefined) return null;
  return (
    <HostPluginPage pageNav={{ text: page.title }}>
      <Suspense fallback={<LoadingPlaceholder text="" />}>
        <PluginContextProvider meta={meta}>
          <page.body plugin={plugin} query={{}} />
        </PluginContextProvider>
      </Suspense>
    </HostPluginPage>
  );
}

/** A dashboard with nothing on it but the queue's panel. */
function Dashboard() {
  const [panel, setPanel] = useState<PanelPlugin | null>(null);
  useEffect(() => {
    void loadPanelPlugin(window.countersignHost?.panel as PluginMeta).then(setPanel);
  }, []);
  const Body = panel?.panel as ComponentType<Partial<PanelProps>> | undefined;
  return (
    <HostPluginPage pageNav={{ text: 'Dashboard' }}>
      <section aria-label="Countersign queue" style={{ width: 480, height: 320 }}>
        {Body && <Body id={1} options={{ workflow: '', mine: false }} width={480} height={320} />}
      </section>
    </HostPluginPage>
  );
}

interface LayoutProps {
  readonly meta: AppPluginMeta;
  readonly isDark: boolean;
  readonly onToggleTheme: () => void;
  readonly children: ReactNode;
}

function Layout({ meta, isDark, onToggleTheme, children }: LayoutProps) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.layout}>
      <nav className={styles.nav} aria-label="Countersign">
        <strong>Countersign</strong>
        {(meta.enabled === true ? (meta.includes ?? []) : []).filter(isNavPage).map((page) => (
          <TextLink key={page.path} href={page.path} color="secondary" inline={false}>
            {page.name}
          </TextLink>
        ))}
        <span className={styles.grow} />
        <UserSwitch />
        <Button variant="secondary" fill="text" size="sm" icon="adjust-circle" onClick={onToggleTheme}>
          {isDark ? 'Light theme' : 'Dark theme'}
        </Button>
      </nav>
      {children}
    </div>
  );
}

/** Grafana would have a login; here one says who one is. */
function UserSwitch() {
  const { user, users = [] } = window.countersignHost ?? {};
  const become = (login: string) => {
    document.cookie = `${userCookie}=${login}; path=/; SameSite=Strict`;
    window.location.reload();
  };
  return (
    <label>
      You are
      <select
        value={user?.login}
        onChange={(event) => become(event.currentTarget.value)}
        aria-label="You are"
        data-testid="user"
      >
        {users.map(({ login, name, role }) => (
          <option key={login} value={login}>
            {name}, {role}
          </option>
        ))}
      </select>
    </label>
  );
}

/** As Grafana: a page is in the menu of those who may open it. */
function isNavPage(include: PluginInclude): include is PluginInclude & { path: string } {
  const { action } = include;
  const allowed = action === undefined || config.bootData.user.permissions?.[action] === true;
  return include.type === PluginIncludeType.page && include.addToNav === true && include.path !== undefined && allowed;
}

const getStyles = (theme: GrafanaTheme2) => ({
  layout: css({
    display: 'flex',
    minHeight: '100vh',
    background: theme.colors.background.canvas,
    [theme.breakpoints.down('md')]: { flexDirection: 'column' },
  }),
  nav: css({
    width: 180,
    flexShrink: 0,
    padding: theme.spacing(2),
    display: 'flex',
    flexDirection: 'column',
    gap: theme.spacing(1),
    alignItems: 'flex-start',
    borderRight: `1px solid ${theme.colors.border.weak}`,
    position: 'sticky',
    top: 0,
    height: '100vh',
    [theme.breakpoints.down('md')]: {
      position: 'static',
      width: '100%',
      height: 'auto',
      flexDirection: 'row',
      flexWrap: 'wrap',
      borderRight: 'none',
    },
    select: {
      display: 'block',
      width: '100%',
      height: 32,
      padding: '4px 6px',
      font: 'inherit',
      lineHeight: '20px',
      background: theme.colors.background.secondary,
      color: theme.colors.text.primary,
      border: `1px solid ${theme.colors.border.medium}`,
    },
  }),
  grow: css({ flex: 1 }),
});

async function start(): Promise<void> {
  const meta = window.countersignHost?.plugin as AppPluginMeta;
  const plugin = await loadAppPlugin(meta);
  const element = document.getElementById('reactRoot');
  if (element === null) throw new Error('The page has no #reactRoot.');
  createRoot(element).render(<Host meta={meta} plugin={plugin} />);
}

start().catch((error: unknown) => console.error('The host did not start.', error));
