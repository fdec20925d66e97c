package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"stellwerk/iec104/asdu"
	"stellwerk/internal/config"
)

func newParameter() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "parameter",
		Short: "Load and activate parameters of measured values",
		Long: `Parameter loads parameters of measured values into a station (P_ME_NA_1 to
P_ME_NC_1), and activates them (P_AC_NA_1). Both need --arm.`,
		Example: `  stellwerk iec104 parameter set 192.0.2.10 11201 float 0.5 --kind threshold --arm
  stellwerk iec104 parameter activate 192.0.2.10 3601 --what cyclic --arm`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.AddCommand(newParameterSet(), newParameterActivate())
	return cmd
}

// parameterKinds are the words of --kind.
var parameterKinds = []struct {
	name string
	kind asdu.ParameterKind
}{
	{"threshold", asdu.ParameterThreshold},
	{"smoothing", asdu.ParameterSmoothing},
	{"low", asdu.ParameterLowLimit},
	{"high", asdu.ParameterHighLimit},
}

func newParameterSet() *cobra.Command {
	var f stationFlags
	var kindName string
	var arm bool
	cmd := &cobra.Command{
		Use:   "set HOST ADDRESS TYPE VALUE --kind KIND --arm",
		Short: "Load a parameter of a measured value",
		Long: `Set loads one parameter. TYPE is normalized, scaled or float (or P_ME_NA_1, P_ME_NB_1,
P_ME_NC_1), and KIND says what it means: threshold, smoothing, low or high. Without
--arm it only shows what would be sent.`,
		Example: `  stellwerk iec104 parameter set 192.0.2.10 11201 float 0.5 --kind threshold --arm`,
		Args:    hostArguments("HOST", "ADDRESS", "TYPE", "VALUE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return usageError(cmd, err)
			}
			station, err := f.station(false)
			if err != nil {
				return usageError(cmd, err)
			}
			address, err := f.objectAddress(args[1])
			if err != nil {
				return usageError(cmd, err)
			}
			kind, err := parameterKind(kindName)
			if err != nil {
				return usageError(cmd, err)
			}
			object, typeID, err := parameterObject(args[2], address, args[3], kind)
			if err != nil {
				return usageError(cmd, err)
			}
			what := fmt.Sprintf("%s %s to %d/%d", typeID, showObject(object).value, station, address)
			if !arm {
				return notArmed(cmd, what+" of "+args[0])
			}
			return parameter(cmd, &f, args[0], what, func(s *session) error {
				return s.client.SetParameter(cmd.Context(), station, object)
			})
		},
	}
	f.register(cmd, "1", "station that the object belongs to")
	cmd.Flags().StringVar(&kindName, "kind", "", "what the parameter means: threshold, smoothing, low or high")
	cmd.Flags().BoolVar(&arm, "arm", false, "really send it")
	return cmd
}

func parameterKind(name string) (asdu.ParameterKind, error) {
	var names []string
	for _, k := range parameterKinds {
		if k.name == name {
			return k.kind, nil
		}
		names = append(names, k.name)
	}
	if name == "" {
		return 0, errors.New("--kind is needed: threshold, smoothing, low or high")
	}
	return 0, fmt.Errorf("--kind %q%s", name, config.DidYouMean(name, names))
}

// parameterObject makes the parameter of the arguments.
func parameterObject(kind string, address asdu.ObjectAddress, text string, meaning asdu.ParameterKind) (asdu.Object, asdu.TypeID, error) {
	q := asdu.ParameterQualifier{Kind: meaning}
	switch strings.ToLower(kind) {
	case "normalized", "p_me_na_1":
		value, err := normalized(text)
		return asdu.NormalizedParameter{Address: address, Value: value, Qualifier: q}, asdu.P_ME_NA_1, err
	case "scaled", "p_me_nb_1":
		value, err := scaled(text)
		return asdu.ScaledParameter{Address: address, Value: value, Qualifier: q}, asdu.P_ME_NB_1, err
	case "float", "p_me_nc_1":
		value, err := shortFloat(text)
		return asdu.FloatParameter{Address: address, Value: value, Qualifier: q}, asdu.P_ME_NC_1, err
	default:
		return nil, 0, fmt.Errorf("%q is no type of parameter%s", kind,
			config.DidYouMean(kind, []string{"normalized", "scaled", "float", "P_ME_NA_1", "P_ME_NB_1", "P_ME_NC_1"}))
	}
}

func newParameterActivate() *cobra.Command {
	var f stationFlags
	var what string
	var off, arm bool
	kinds := map[string]asdu.ParameterActivationQualifier{
		"loaded": asdu.ActivateLoaded, "parameter": asdu.ActivateParameter, "cyclic": asdu.ActivateCyclic,
	}
	cmd := &cobra.Command{
		Use:   "activate HOST ADDRESS --what WHAT --arm",
		Short: "Activate parameters, or cyclic transmission",
		Long: `Activate activates what --what says: loaded are all parameters that were loaded
(ADDRESS is 0), parameter is that of the object, cyclic is the cyclic transmission of
the object. --off deactivates. Without --arm it only shows what would be sent.`,
		Example: `  stellwerk iec104 parameter activate 192.0.2.10 3601 --what cyclic --arm
  stellwerk iec104 parameter activate 192.0.2.10 3601 --what cyclic --off --arm`,
		Args: hostArguments("HOST", "ADDRESS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return usageError(cmd, err)
			}
			station, err := f.station(false)
			if err != nil {
				return usageError(cmd, err)
			}
			address, err := f.objectAddress(args[1])
			if err != nil {
				return usageError(cmd, err)
			}
			qualifier, known := kinds[what]
			if !known {
				return usageError(cmd, fmt.Errorf("--what %q%s", what, config.DidYouMean(what, []string{"loaded", "parameter", "cyclic"})))
			}
			words := "activate"
			if off {
				words = "deactivate"
			}
			text := fmt.Sprintf("P_AC_NA_1 %s %s to %d/%d", words, what, station, address)
			if !arm {
				return notArmed(cmd, text+" of "+args[0])
			}
			return parameter(cmd, &f, args[0], text, func(s *session) error {
				return s.client.ActivateParameter(cmd.Context(), station, asdu.ParameterActivation{Address: address, Qualifier: qualifier}, !off)
			})
		},
	}
	f.register(cmd, "1", "station that the object belongs to")
	cmd.Flags().StringVar(&what, "what", "parameter", "loaded, parameter or cyclic")
	cmd.Flags().BoolVar(&off, "off", false, "deactivate instead")
	cmd.Flags().BoolVar(&arm, "arm", false, "really send it")
	return cmd
}

// parameter connects, does one thing, and says that it is done.
func parameter(cmd *cobra.Command, f *stationFlags, host, what string, do func(*session) error) error {
	s, err := f.open(cmd, host, nil, nil)
	if err != nil {
		return err
	}
	s.waiting.say("waiting for the confirmation of " + s.address)
	begin := time.Now()
	if err := do(s); err != nil {
		return errors.Join(s.failed(cmd.Context(), err), s.close())
	}
	took := time.Since(begin)
	s.waiting.clear()
	if f.json {
		err = json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"station": s.address, "sent": what, "confirmed_ms": ms(took)})
	} else {
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: confirmed after %s\n", what, milliseconds(took))
	}
	return errors.Join(withStatus(statusNo, err), s.close())
}
