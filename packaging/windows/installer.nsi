; The installer for Windows: for the user who runs it, without administrator rights. docs/packaging.md tells what it does
; and what administrators type. packaging/windows/build defines VERSION, NUMBERS, RANK, STAGE, SIGN and TARGET.
;
;   /S          without a question     /AllUsers   for all users, by an administrator     /D=FOLDER   the last one, unquoted
;
; Exit codes are those of msiexec: 0 done, 1602 cancelled, 1603 failed, 1625 only an administrator may, 1638 a newer version
; is there; of the uninstaller also 3010, done but for a program that still runs.
Unicode true
Target amd64-unicode
ManifestSupportedOS Win10
ManifestDPIAware true
RequestExecutionLevel user
SetCompressor /SOLID lzma

!include LogicLib.nsh
!include FileFunc.nsh
!include WordFunc.nsh
!include MUI2.nsh
!insertmacro GetParameters
!insertmacro GetOptions
!insertmacro GetSize
!insertmacro VersionCompare

!define PROGRAM "coopnet-client.exe"
!define SCHEME "Software\Classes\coopnet"
!define ENTRY "Software\Microsoft\Windows\CurrentVersion\Uninstall\Coopnet"
!define CANCELLED 1602
!define FAILED 1603
!define DENIED 1625
!define NEWER 1638
!define RESTART 3010

Name "Coopnet"
OutFile "${TARGET}"
!uninstfinalize '"${SIGN}" "%1"' = 0
!finalize '"${SIGN}" "%1"' = 0
BrandingText "Coopnet ${VERSION}"
ShowInstDetails nevershow
ShowUninstDetails nevershow
VIProductVersion "${NUMBERS}"
VIFileVersion "${NUMBERS}"
VIAddVersionKey /LANG=0 ProductName "Coopnet"
VIAddVersionKey /LANG=0 ProductVersion "${VERSION}"
VIAddVersionKey /LANG=0 FileVersion "${VERSION}"
VIAddVersionKey /LANG=0 FileDescription "Coopnet setup"
VIAddVersionKey /LANG=0 CompanyName "Coopnet"
VIAddVersionKey /LANG=0 LegalCopyright "Apache License 2.0"

!define MUI_ICON "${STAGE}/coopnet.ico"
!define MUI_UNICON "${STAGE}/coopnet.ico"
!define MUI_CUSTOMFUNCTION_ABORT cancelled
!define MUI_CUSTOMFUNCTION_UNABORT un.cancelled
!define MUI_WELCOMEPAGE_TEXT "$(welcome)"
!define MUI_FINISHPAGE_TEXT "$(finished)"
!insertmacro MUI_PAGE_WELCOME
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "French"
!include "texts.nsh"

; Where the user, or an administrator for all users, has programs and keys: SHCTX, $SMPROGRAMS.
!macro AllUsers
	UserInfo::GetAccountType
	Pop $0
	${If} $0 != "Admin"
		MessageBox MB_ICONSTOP|MB_OK "$(denied)" /SD IDOK
		SetErrorLevel ${DENIED}
		Quit
	${EndIf}
	SetShellVarContext all
!macroend

; What may stand there already must not be newer.
!macro NoDowngrade ROOT
	ReadRegStr $0 ${ROOT} "${ENTRY}" "Rank"
	${If} $0 != ""
		${VersionCompare} $0 "${RANK}" $1
		${If} $1 = 1
			ReadRegStr $0 ${ROOT} "${ENTRY}" "DisplayVersion"
			MessageBox MB_ICONINFORMATION|MB_OK "$(newer)" /SD IDOK
			SetErrorLevel ${NEWER}
			Quit
		${EndIf}
	${EndIf}
!macroend

!macro Fail TEXT
	MessageBox MB_ICONSTOP|MB_OK "${TEXT}" /SD IDOK
	SetErrorLevel ${FAILED}
	Quit
!macroend

Function .onInit
	SetRegView 64
	SetShellVarContext current
	${GetParameters} $0
	ClearErrors
	${GetOptions} $0 "/AllUsers" $1
	${IfNot} ${Errors}
		!insertmacro AllUsers
		StrCpy $2 "$PROGRAMFILES64\Coopnet"
	${Else}
		!insertmacro NoDowngrade HKCU ; what is installed for all users counts for each of them
		StrCpy $2 "$LOCALAPPDATA\Programs\Coopnet"
	${EndIf}
	!insertmacro NoDowngrade HKLM
	${If} $INSTDIR == "" ; no /D
		ReadRegStr $INSTDIR SHCTX "${ENTRY}" "InstallLocation"
	${EndIf}
	${If} $INSTDIR == ""
		StrCpy $INSTDIR $2
	${EndIf}
FunctionEnd

Function cancelled
	SetErrorLevel ${CANCELLED}
FunctionEnd

Function .onInstFailed
	SetErrorLevel ${FAILED}
FunctionEnd

Section
	Call elsewhere
	SetOutPath "$INSTDIR"
	Call program
	SetOverwrite on
	ClearErrors
	File "${STAGE}/LICENCES.txt"
	WriteUninstaller "$INSTDIR\uninstall.exe"
	CreateShortcut "$SMPROGRAMS\Coopnet.lnk" "$INSTDIR\${PROGRAM}"
	Call scheme
	Call entry
	${If} ${Errors}
		!insertmacro Fail "$(failed)"
	${EndIf}
	Call tidy
SectionEnd

; An earlier installation in another folder goes away.
Function elsewhere
	ReadRegStr $0 SHCTX "${ENTRY}" "InstallLocation"
	${If} $0 != ""
	${AndIf} $0 != $INSTDIR
	${AndIf} ${FileExists} "$0\uninstall.exe"
		ExecWait '"$0\uninstall.exe" /S _?=$0'
		Delete "$0\uninstall.exe"
		RMDir "$0"
	${EndIf}
FunctionEnd

; The program is replaced as a whole or not at all. One that runs, and shares perhaps, goes on under another name, which
; Windows allows; it is the one that has started this installer to be updated.
Function program
	Delete "$INSTDIR\${PROGRAM}.old"
	ClearErrors
	File "/oname=${PROGRAM}.new" "${STAGE}/${PROGRAM}"
	${If} ${Errors}
		!insertmacro Fail "$(failed)"
	${EndIf}
	Delete "$INSTDIR\${PROGRAM}"
	${If} ${FileExists} "$INSTDIR\${PROGRAM}"
		Rename "$INSTDIR\${PROGRAM}" "$INSTDIR\${PROGRAM}.old"
	${EndIf}
	ClearErrors
	Rename "$INSTDIR\${PROGRAM}.new" "$INSTDIR\${PROGRAM}"
	${If} ${Errors}
		Rename "$INSTDIR\${PROGRAM}.old" "$INSTDIR\${PROGRAM}"
		Delete "$INSTDIR\${PROGRAM}.new"
		!insertmacro Fail "$(failed)"
	${EndIf}
FunctionEnd

Function scheme
	WriteRegStr SHCTX "${SCHEME}" "" "URL:Coopnet"
	WriteRegStr SHCTX "${SCHEME}" "URL Protocol" ""
	WriteRegStr SHCTX "${SCHEME}\DefaultIcon" "" '"$INSTDIR\${PROGRAM}",0'
	WriteRegStr SHCTX "${SCHEME}\shell\open\command" "" '"$INSTDIR\${PROGRAM}" "%1"'
FunctionEnd

Function entry
	${GetSize} "$INSTDIR" "/S=0K /G=0" $0 $1 $2
	WriteRegStr SHCTX "${ENTRY}" "DisplayName" "Coopnet"
	WriteRegStr SHCTX "${ENTRY}" "DisplayVersion" "${VERSION}"
	WriteRegStr SHCTX "${ENTRY}" "Rank" "${RANK}"
	WriteRegStr SHCTX "${ENTRY}" "Publisher" "Coopnet"
	WriteRegStr SHCTX "${ENTRY}" "DisplayIcon" "$INSTDIR\${PROGRAM}"
	WriteRegStr SHCTX "${ENTRY}" "InstallLocation" "$INSTDIR"
	WriteRegStr SHCTX "${ENTRY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
	WriteRegStr SHCTX "${ENTRY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
	WriteRegDWORD SHCTX "${ENTRY}" "EstimatedSize" $0
	WriteRegDWORD SHCTX "${ENTRY}" "NoModify" 1
	WriteRegDWORD SHCTX "${ENTRY}" "NoRepair" 1
FunctionEnd

; The program that was replaced ends soon when it was updated; otherwise the next installation removes it. So it does with
; earlier updates: this one runs.
Function tidy
	StrCpy $0 20
	${DoWhile} $0 > 0
		Delete "$INSTDIR\${PROGRAM}.old"
		${IfNot} ${FileExists} "$INSTDIR\${PROGRAM}.old"
			${Break}
		${EndIf}
		Sleep 500
		IntOp $0 $0 - 1
	${Loop}
	SetShellVarContext current
	Delete "$LOCALAPPDATA\coopnet-client\updates\*.exe"
FunctionEnd

Function un.onInit
	SetRegView 64
	SetShellVarContext current
	ReadRegStr $0 HKLM "${ENTRY}" "InstallLocation"
	${If} $0 == $INSTDIR
		!insertmacro AllUsers
	${EndIf}
FunctionEnd

Function un.cancelled
	SetErrorLevel ${CANCELLED}
FunctionEnd

Section Uninstall
	Call un.program
	Delete "$INSTDIR\${PROGRAM}.old"
	Delete "$INSTDIR\${PROGRAM}.new"
	Delete "$INSTDIR\LICENCES.txt"
	Delete "$INSTDIR\uninstall.exe"
	Delete "$SMPROGRAMS\Coopnet.lnk"
	RMDir "$INSTDIR" ; what others have put there stays

	; Another program may have taken the scheme over.
	ReadRegStr $0 SHCTX "${SCHEME}\shell\open\command" ""
	${If} $0 == '"$INSTDIR\${PROGRAM}" "%1"'
		DeleteRegKey SHCTX "${SCHEME}"
	${EndIf}
	DeleteRegKey SHCTX "${ENTRY}"
	SetShellVarContext current
	RMDir /r "$LOCALAPPDATA\coopnet-client"
SectionEnd

; A program that runs is waited for. In the end it goes to the folder of temporary files, where it does no harm.
Function un.program
	StrCpy $0 20
	${DoWhile} $0 > 0
		Delete "$INSTDIR\${PROGRAM}"
		${IfNot} ${FileExists} "$INSTDIR\${PROGRAM}"
			Return
		${EndIf}
		MessageBox MB_ICONINFORMATION|MB_RETRYCANCEL "$(running)" /SD IDRETRY IDRETRY again
		SetErrorLevel ${CANCELLED}
		Quit
	again:
		Sleep 500
		IntOp $0 $0 - 1
	${Loop}
	GetTempFileName $1
	Delete $1
	ClearErrors
	Rename "$INSTDIR\${PROGRAM}" $1
	${If} ${Errors}
		!insertmacro Fail "$(failed)"
	${EndIf}
	Delete /REBOOTOK $1
	SetErrorLevel ${RESTART}
FunctionEnd
