/** A word on a coloured ground, as Grafana's Badge, and light enough for lists of which many rows come into sight at once. */
import { css, cx } from '@emotion/css';
import { colorManipulator, type GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';

type PillColor = 'blue' | 'purple' | 'red';

export function Pill({ text, color }: { readonly text: string; readonly color: PillColor }) {
  const styles = useStyles2(getStyles);
  return <span className={cx(styles.pill, styles[color])}>{text}</span>;
}

const getStyles = (theme: GrafanaTheme2) => {
  const ground = (name: PillColor) => {
    const own = theme.visualization.getColorByName(name);
    const text = theme.visualization.getColorByName(`${theme.isDark ? 'super-light' : 'dark'}-${name}`);
    return css({
      color: text,
      background: colorManipulator.alpha(own, 0.15),
      borderColor: colorManipulator.alpha(own, 0.25),
    });
  };
  return {
    pill: css({
      padding: '1px 4px',
      borderRadius: theme.shape.radius.default,
      borderStyle: 'solid',
      borderWidth: 1,
      fontSize: theme.typography.bodySmall.fontSize,
      lineHeight: theme.typography.bodySmall.lineHeight,
      whiteSpace: 'nowrap',
    }),
    blue: ground('blue'),
    purple: ground('purple'),
    red: ground('red'),
  };
};
